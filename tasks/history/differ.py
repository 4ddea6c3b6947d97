"""What differs between two mixes: settings, sources, rows, scores."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import polars as pl

from tasks.core.records import flatten
from tasks.history.find import distinct_rows
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.scores import Score
from tasks.objectives.parts import measures_of
from tasks.store.runs import RunRecord

MEASURES = ("weight", "rows", "share_rows", "tokens", "share_tokens", "epochs")
Row = dict[str, str | float | None]
"""A source with figures of both mixes, named `…_a` and `…_b`."""


class ChangedField(TypedDict):
    """A field of the recipe with its value in either mix."""

    field: str
    a: object
    b: object


def settings_between(first: RunRecord, second: RunRecord) -> list[ChangedField]:
    """List the fields of the two recipes that differ; a field that only one has is null in the other."""
    before, after = flatten(first.recipe), flatten(second.recipe)
    return [
        {"field": field, "a": before.get(field), "b": after.get(field)}
        for field in sorted({*before, *after})
        if before.get(field) != after.get(field)
    ]


def sources_between(first: Sequence[ReceiptRow], second: Sequence[ReceiptRow]) -> list[Row]:
    """Give what each source got in either mix; null where a mix does not know it.

    Args:
        first: receipt of the first mix.
        second: that of the second.
    """
    before, after = ({row.source: row for row in receipt} for receipt in (first, second))
    return [
        {"source": name}
        | {
            f"{measure}_{side}": getattr(rows[name], measure) if name in rows else None
            for measure in MEASURES
            for side, rows in (("a", before), ("b", after))
        }
        for name in dict.fromkeys([*before, *after])
    ]


def rows_between(first: list[Path], second: list[Path]) -> list[Row]:
    """Count the distinct rows of each source that only one mix has, that both have, and that both have equally often.

    Args:
        first: shards of the first mix.
        second: shards of the second.
    """
    both = distinct_rows(first).join(
        distinct_rows(second), on=["source", "row_id"], how="full", coalesce=True, suffix="_b"
    )
    counts = both.group_by("source").agg(
        only_a=pl.col("times_b").is_null().sum(),
        only_b=pl.col("times").is_null().sum(),
        both=(pl.col("times").is_not_null() & pl.col("times_b").is_not_null()).sum(),
        as_often=(pl.col("times") == pl.col("times_b")).sum(),
    )
    return counts.sort("source").collect(engine="streaming").to_dicts()


def scores_between(first: RunRecord, second: RunRecord) -> list[Row]:
    """Give the scores of either model in total and by source; null where there is none."""
    before, after = (_scores(record) for record in (first, second))
    measures = dict.fromkeys(
        measure.key for record in (first, second) if record.metrics for measure in measures_of(record.task).measures
    )
    return [
        {"source": name}
        | {
            f"{measure}_{side}": scores[name].value(measure) if name in scores else None
            for measure in measures
            for side, scores in (("a", before), ("b", after))
        }
        for name in dict.fromkeys([*before, *after])
    ]


def _scores(record: RunRecord) -> dict[str, Score]:
    if record.metrics is None:
        return {}
    sets = {f"set {name}": score for name, score in record.metrics.sets.items()}
    return {"all": record.metrics, **record.metrics.by_source, **sets}


def holdouts_between(first: list[dict[str, str]], second: list[dict[str, str]]) -> dict[str, bool]:
    """Say for each source that both have whether its hold-out is the same; scores compare only where it is.

    Args:
        first: the sources in `lock.json` of the first mix.
        second: those of the second.
    """
    before, after = ({row["source"]: row["holdout_sha256"] for row in sources} for sources in (first, second))
    return {name: before[name] == after[name] for name in before if name in after}
