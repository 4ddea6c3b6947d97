"""Does the target stand in another source? Then training on that source is training on what is measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tasks.core.errors import QualityGate
from tasks.manifests.leak import LeakedRow, LeakFacts
from tasks.rows.keys import each_match
from tasks.rows.layout import ROW_ID, RowFile

MOST = 0.5
"""Largest share of the target's texts that may stand in one other source."""
SHOWN = 3
WIDTH = 120
"""Characters of a text that are shown."""


@dataclass(frozen=True)
class SourceTexts:
    """The cleaned rows of a source, and the keys of their texts, case and punctuation aside; two files in the same
    order.
    """

    data: RowFile
    keys: Path

    def keyed(self) -> pl.DataFrame:
        """Read `row`, its number, `row_id`, `text` and `match`: a line for each text that rows are matched by."""
        rows = self.data.scan(ROW_ID).drop("label").with_row_index("row").collect()
        return each_match(pl.read_parquet(self.keys, columns=["match"])["match"]).join(
            rows, on="row", maintain_order="left"
        )


def contained(target: SourceTexts, others: Mapping[str, SourceTexts]) -> LeakFacts:
    """Give for every other source the share of the target's texts that stand in it, case and punctuation aside, and a
    few of the rows.
    """
    own = target.keyed()
    shares: dict[str, float] = {}
    examples: dict[str, tuple[LeakedRow, ...]] = {}
    for name, rows in others.items():
        both = own.join(
            rows.keyed().unique("match", keep="first", maintain_order=True),
            on="match",
            suffix="_there",
            maintain_order="left",
        ).unique("row", maintain_order=True)
        shares[name] = len(both) / max(target.data.rows, 1)
        examples[name] = tuple(
            LeakedRow(row=row["row_id"], there=row["row_id_there"], text=row["text"][:WIDTH])
            for row in both.head(SHOWN).iter_rows(named=True)
        )
    return LeakFacts(shares=shares, examples=examples)


def refuse_leak(setting: str, target: str, leak: LeakFacts) -> None:
    """Refuse a target most of which stands in another source.

    Args:
        setting: of the recipe that names the target, such as `compare.target`.

    Raises:
        QualityGate: with the share and a few of the rows.
    """
    for source, share in leak.shares.items():
        if share > MOST:
            shown = "\n".join(f"  {row.row} = {source} {row.there}: {row.text}" for row in leak.examples[source])
            raise QualityGate(
                f"{setting} {target}: {100 * share:.0f} % of its texts stand in {source}, too. Who trains on "
                f"{source} has seen what is "
                f"measured, so nothing could be said about it. Take {source} out (--set or another recipe), or "
                f"name another target:\n{shown}"
            )
