"""Which rows of the pool nearly repeat another one, or the hold-out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from tasks.nearby.engine import find_near_duplicates
from tasks.nearby.examples import example_pairs
from tasks.nearby.settings import NearSettings

HOLDOUT = "holdout/"
"""Put before a source's name for its hold-out file; a slash is in no source's name."""
EXAMPLES = 6
SHOWN = 300


class Thinned(NamedTuple):
    """What goes out of the pool.

    Attributes:
        dropped: one line per row that goes: source, row, reason.
        facts: counts of the search, and `examples`: pairs of texts with their Jaccard.
    """

    dropped: pl.DataFrame
    facts: dict[str, Any]


def thin(train: Mapping[str, Path], holdout: Mapping[str, Path], settings: NearSettings, scratch: Path, seed: int) -> Thinned:
    """Find the training rows that nearly repeat a hold-out row or a training row that comes before them.

    Args:
        train: source -> Parquet file, in the recipe's order, which decides who stays.
        holdout: source -> Parquet file; none of its rows is dropped.
        scratch: a folder for intermediate files.
    """
    files = {HOLDOUT + source: path for source, path in holdout.items()} | dict(train)
    found = find_near_duplicates(files, settings, scratch, seed=seed, protected=[HOLDOUT + source for source in holdout])
    pairs = [_shown(pair) for pair in example_pairs(found.dropped, files, EXAMPLES).to_dicts()] if len(found.dropped) else []
    return Thinned(reasons(found.dropped, "near"), found.facts | {"examples": pairs})


def reasons(dropped: pl.DataFrame, manner: str) -> pl.DataFrame:
    """Say of every dropped row whether it is a duplicate of a hold-out row (`<manner>_holdout`) or of another (`<manner>_duplicate`)."""
    own = pl.col("survivor_source").str.starts_with(HOLDOUT)
    return dropped.with_columns(reason=pl.when(own).then(pl.lit(f"{manner}_holdout")).otherwise(pl.lit(f"{manner}_duplicate")))


def _shown(pair: dict[str, Any]) -> dict[str, Any]:
    return {
        "source": pair["source"],
        "text": pair["text"][:SHOWN],
        "survivor_source": pair["survivor_source"].removeprefix(HOLDOUT),
        "survivor_text": pair["survivor_text"][:SHOWN],
        "in_holdout": pair["survivor_source"].startswith(HOLDOUT),
        "jaccard": round(pair["jaccard"], 3),
    }
