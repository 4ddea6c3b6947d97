"""Choose the rows of the other sources that are like a target's, as DSIR does."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tasks.core.errors import NotEnoughData
from tasks.core.rng import generator
from tasks.manifests.manifest import Account
from tasks.models.importance import gumbel_top, log_importance, log_ratio
from tasks.relevance.settings import SelectSettings
from tasks.rows.groups import copy_rows
from tasks.rows.sampling import refuse_tiny
from tasks.text.hashing import BUCKETS, Floats, Ints, batches, grams

REASON = "not_selected"


@dataclass(frozen=True)
class Selection:
    """Rows that stay.

    Attributes:
        rows: source -> row numbers, ascending; the target is not among them.
        facts: by source rows before and after and the mean importance per n-gram of each; JSON values.
        notes: what the log has to say.
    """

    rows: dict[str, Ints]
    facts: dict[str, Any]
    notes: list[str]

    def table(self) -> list[dict[str, Any]]:
        """Give the facts as rows."""
        return [{"source": name} | told for name, told in self.facts["sources"].items()]

    def write(self, source: str, file: Path, out: Path) -> None:
        """Write the rows of a source that stay, a piece at a time."""
        if source not in self.rows:
            shutil.copyfile(file, out)
            return
        stays = np.zeros(pl.scan_parquet(file).select(pl.len()).collect().item(), np.bool_)
        stays[self.rows[source]] = True
        copy_rows({file: {out: pl.Series(stays)}})


def choose(files: Mapping[str, Path], settings: SelectSettings, seed: int) -> Selection:
    """Draw `keep` of all rows of the other sources, with chances by their importance.

    Args:
        files: Parquet of the rows that may be trained on, by source.

    Raises:
        NotEnoughData: the target has too few rows, or nothing stays.
    """
    target, others = files[settings.target], {name: file for name, file in files.items() if name != settings.target}
    notes = refuse_tiny(settings.target, pl.scan_parquet(target).select(pl.len()).collect().item())
    ratio = log_ratio(_counts([target]), _counts(list(others.values())))
    scored = {name: _scored(file, ratio) for name, file in others.items()}
    sums = np.concatenate([total for total, _ in scored.values()])
    lengths = np.concatenate([length for _, length in scored.values()])
    keep = round(settings.keep * len(sums))
    if not keep:
        raise NotEnoughData(
            f"mix.select.keep {settings.keep:g} of {len(sums):,} rows is none; keep more", rows=len(sums)
        )
    means = sums / np.maximum(lengths, 1)
    scores = sums if settings.length == "sum" else means * lengths.mean()
    chosen = gumbel_top(scores, keep, generator(seed, "select", settings.target))
    ends = np.cumsum([len(total) for total, _ in scored.values()])
    starts = dict(zip(scored, (ends - [len(total) for total, _ in scored.values()]).tolist(), strict=True))
    rows = {
        name: chosen[(chosen >= starts[name]) & (chosen < end)] - starts[name]
        for name, end in zip(scored, ends.tolist(), strict=True)
    }
    facts = {name: _told(means[starts[name] : starts[name] + len(scored[name][0])], rows[name]) for name in scored}
    return Selection(rows, {"target": settings.target, "keep": settings.keep, "sources": facts}, notes)


def _counts(files: list[Path]) -> Floats:
    found = np.zeros(BUCKETS)
    for file in files:
        for texts in batches(file):
            found += grams(texts).counts()
    return found


def _scored(file: Path, ratio: Floats) -> tuple[Floats, Floats]:
    found = [(log_importance(some, ratio), some.lengths()) for some in map(grams, batches(file))]
    sums, lengths = ([np.zeros(0), *(pair[at] for pair in found)] for at in (0, 1))
    return np.concatenate(sums), np.concatenate(lengths)


def _told(means: Floats, kept: Ints) -> dict[str, Any]:
    def mean(values: Floats) -> float | None:
        return round(float(values.mean()), 4) if len(values) else None

    return {
        "before": len(means),
        "after": len(kept),
        "likeness_before": mean(means),
        "likeness_after": mean(means[kept]),
    }


def closed(before: Account, left: Path) -> Account:
    """Give the account of a source of which only the rows in `left` stay."""
    told = pl.scan_parquet(left).select(rows=pl.len(), tokens=pl.col("tokens").sum()).collect().row(0, named=True)
    gone = {REASON: before.rows - told["rows"]} if told["rows"] < before.rows else {}
    return Account.model_validate(
        before.model_dump() | told | {"dropped": dict(sorted((before.dropped | gone).items()))}
    )
