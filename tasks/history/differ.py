"""What differs between two mixes: settings, sources, rows, scores."""

from pathlib import Path
from typing import Any

import polars as pl

from tasks.core.records import flatten
from tasks.history.find import distinct_rows
from tasks.objectives.parts import measures_of
from tasks.store.runs import RunRecord

MEASURES = ("weight", "rows", "share_rows", "tokens", "share_tokens", "epochs")


def settings_between(one: RunRecord, other: RunRecord) -> list[dict[str, Any]]:
    """List the fields of the two recipes that differ; a field that only one has is null in the other."""
    before, after = flatten(one.recipe), flatten(other.recipe)
    return [
        {"field": field, "a": before.get(field), "b": after.get(field)}
        for field in sorted({*before, *after})
        if before.get(field) != after.get(field)
    ]


def sources_between(one: RunRecord, other: RunRecord) -> list[dict[str, Any]]:
    """Give what each source got in either mix; null where a mix does not know it."""
    before, after = ({row.source: row for row in record.receipt} for record in (one, other))
    return [
        {"source": name}
        | {
            f"{measure}_{side}": getattr(rows[name], measure) if name in rows else None
            for measure in MEASURES
            for side, rows in (("a", before), ("b", after))
        }
        for name in dict.fromkeys([*before, *after])
    ]


def rows_between(one: list[Path], other: list[Path]) -> list[dict[str, Any]]:
    """Count the distinct rows of each source that only one mix has, that both have, and that both have equally often.

    Args:
        one: shards of the first mix.
        other: shards of the second.
    """
    both = distinct_rows(one).join(
        distinct_rows(other), on=["source", "row_id"], how="full", coalesce=True, suffix="_b"
    )
    counts = both.group_by("source").agg(
        only_a=pl.col("times_b").is_null().sum(),
        only_b=pl.col("times").is_null().sum(),
        both=(pl.col("times").is_not_null() & pl.col("times_b").is_not_null()).sum(),
        as_often=(pl.col("times") == pl.col("times_b")).sum(),
    )
    return counts.sort("source").collect(engine="streaming").to_dicts()


def scores_between(one: RunRecord, other: RunRecord) -> list[dict[str, Any]]:
    """Give the scores of either model in total and by source; null where there is none."""
    before, after = (_scores(record) for record in (one, other))
    told = dict.fromkeys(
        measure.key for record in (one, other) if record.metrics for measure in measures_of(record.task).measures
    )
    return [
        {"source": name}
        | {
            f"{measure}_{side}": scores.get(name, {}).get(measure)
            for measure in told
            for side, scores in (("a", before), ("b", after))
        }
        for name in dict.fromkeys([*before, *after])
    ]


def _scores(record: RunRecord) -> dict[str, dict[str, Any]]:
    return {"all": record.metrics} | record.metrics["by_source"] if record.metrics else {}


def holdouts_between(one: dict[str, Any], other: dict[str, Any]) -> dict[str, bool]:
    """Say for each source that both have whether its hold-out is the same; scores compare only where it is.

    Args:
        one: `lock.json` of the first mix.
        other: that of the second.
    """
    before, after = (
        {row["source"]: row["holdout_sha256"] for row in lock["inputs"]["sources"]} for lock in (one, other)
    )
    return {name: before[name] == after[name] for name in before if name in after}
