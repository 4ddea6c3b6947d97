"""Rows that a step takes out of the pool, with what it says of them: the same shape for every step."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import polars as pl

from tasks.manifests.dropped import Dropped, DroppedRow, Figure
from tasks.manifests.manifest import Account
from tasks.rows.layout import RowFile
from tasks.rows.reading import rows_at

REMOVED = pl.Schema({"source": pl.String, "row": pl.Int64, "reason": pl.String})
EXAMPLES = 6
"""Most dropped rows that a step shows."""
SHOWN = 300
"""Most characters of a text that are shown."""


@dataclass(frozen=True)
class Removal:
    """Rows to take out of the training files.

    Attributes:
        rows: `source`, `row` (number in the source's training file) and `reason` of each.
        dropped: what is said of them.
    """

    rows: pl.DataFrame
    dropped: Dropped

    @classmethod
    def of(
        cls,
        step: str,
        rows: pl.DataFrame,
        *,
        figures: Mapping[str, Figure] | None = None,
        by_source: Mapping[str, Mapping[str, Figure]] | None = None,
        score: str = "",
        examples: Sequence[DroppedRow] = (),
    ) -> Self:
        """Count the rows by source and reason; see `Dropped` for the arguments."""
        said = {"figures": figures or {}, "by_source": by_source or {}, "score": score, "examples": examples}
        return cls(rows, Dropped.model_validate({"step": step, "counts": count_reasons(rows)} | said))

    def with_validation(self, validation: "Removal | None") -> Self:
        """Count validation rows that go for the same reasons; the rows to take out of the training files stay."""
        if validation is None or validation.rows.is_empty():
            return self
        both = count_reasons(pl.concat([self.rows.select([*REMOVED]), validation.rows.select([*REMOVED])]))
        figures = {**self.dropped.figures, "validation rows": validation.rows.height}
        examples = (*self.dropped.examples, *validation.dropped.examples)[:EXAMPLES]
        told = {"counts": both, "figures": figures, "examples": examples}
        return replace(self, dropped=self.dropped.model_copy(update=told))


def count_reasons(rows: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Count rows by `source` and `reason`."""
    counts: dict[str, dict[str, int]] = {}
    for source, reason, number in rows.group_by("source", "reason", maintain_order=True).len().iter_rows():
        counts.setdefault(source, {})[reason] = number
    return counts


def spread(rows: pl.DataFrame, most: int = EXAMPLES) -> pl.DataFrame:
    """Choose rows at equal distances, the first and the last among them."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(np.int64))]


def examples_of(rows: pl.DataFrame, files: Mapping[str, RowFile]) -> list[DroppedRow]:
    """Show a few dropped rows; see `with_texts` for the arguments."""
    return [example(row) for row in with_texts(rows, files).to_dicts()]


def with_texts(rows: pl.DataFrame, files: Mapping[str, RowFile]) -> pl.DataFrame:
    """Fetch `row_id` and `text` of a few dropped rows, and `other_text` of those that they repeat.

    Args:
        rows: `source`, `row` and `reason`; where there are any, `other` and `other_row` (the row that each repeats),
            `score` and `why`.
        files: name -> file, for every name in `source` and `other`.
    """
    shown = rows.hstack(rows_at(files, rows["source"], rows["row"], ["row_id", "text"]))
    if "other" not in rows.columns:
        return shown
    return shown.with_columns(other_text=rows_at(files, rows["other"], rows["other_row"], ["text"])["text"])


def example(row: Mapping[str, Any], shown: Callable[[str], str] | None = None) -> DroppedRow:
    """Show a dropped row with its texts, cut by `shown`, or else at their end."""
    score, shorten = row.get("score"), shown or cut
    return DroppedRow(
        source=row["source"],
        row_id=row["row_id"],
        reason=row["reason"],
        text=shorten(row["text"]),
        other=row.get("other", ""),
        other_text=shorten(row.get("other_text", "")),
        score=round(score, 4) if score is not None and math.isfinite(score) else None,
        why=row.get("why", ""),
    )


def cut(text: str) -> str:
    """Cut a text to what is shown of it."""
    return text if len(text) <= SHOWN else text[:SHOWN].rstrip() + " …"


def dropped_by_sources(accounts: Sequence[Account], steps: Iterable[Dropped]) -> tuple[Dropped, ...]:
    """Say what became of the sources' rows before they were pooled.

    Args:
        accounts: of the sources so far.
        steps: what steps on single sources say; whatever else the accounts count was dropped by reading and cleaning.
    """
    rest = {account.source: Counter(account.dropped) for account in accounts}
    merged: dict[str, Dropped] = {}
    for step in steps:
        for source, reasons in step.counts.items():
            rest[source] -= Counter(reasons)
        merged[step.step] = _merged(merged[step.step], step) if step.step in merged else step
    cleaning = Dropped(step="reading-and-cleaning", counts={name: dict(left) for name, left in rest.items() if left})
    return (*([cleaning] if cleaning.counts else []), *merged.values())


def _merged(first: Dropped, second: Dropped) -> Dropped:
    """Join what one step says of different sources."""
    return first.model_copy(
        update={
            "counts": first.counts | second.counts,
            "by_source": first.by_source | second.by_source,
            "examples": (first.examples + second.examples)[:EXAMPLES],
        }
    )
