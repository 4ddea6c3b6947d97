"""Take near duplicates out of the pool: of each other, and of the hold-out (decontamination)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from tasks.nearby.engine import find_near_duplicates
from tasks.nearby.examples import example_pairs
from tasks.nearby.settings import NearSettings
from tasks.records import Account

HOLDOUT = "holdout/"
"""Put before a source's name for its hold-out file; a slash is in no source's name."""
EXAMPLES = 6
SHOWN = 300


class Thinned(NamedTuple):
    """What is left of the pool.

    Attributes:
        kept: rows that may be trained on, by source.
        facts: counts of the search, and `examples`: pairs of texts with their Jaccard.
    """

    kept: dict[str, pl.DataFrame]
    accounts: tuple[Account, ...]
    facts: dict[str, Any]


def thin(
    train: Mapping[str, Path], holdout: Mapping[str, Path], accounts: Sequence[Account], settings: NearSettings, scratch: Path, seed: int
) -> Thinned:
    """Drop training rows that nearly repeat a hold-out row or a training row that comes before them.

    Args:
        train: source -> Parquet file, in the recipe's order, which decides who stays.
        holdout: source -> Parquet file; none of its rows is dropped.
        scratch: a folder for intermediate files.
    """
    files = {HOLDOUT + source: path for source, path in holdout.items()} | dict(train)
    found = find_near_duplicates(files, settings, scratch, seed=seed, protected=[HOLDOUT + source for source in holdout])
    dropped = found.dropped.with_columns(
        pl.when(pl.col("survivor_source").str.starts_with(HOLDOUT)).then(pl.lit("near_holdout")).otherwise(pl.lit("near_duplicate")).alias("reason")
    )
    kept = {source: _without(path, dropped.filter(pl.col("source") == source)["row"]) for source, path in train.items()}
    closed = tuple(_account(account, kept[account.source], dropped.filter(pl.col("source") == account.source)) for account in accounts)
    pairs = [_shown(pair) for pair in example_pairs(found.dropped, files, EXAMPLES).to_dicts()] if len(dropped) else []
    return Thinned(kept, closed, found.facts | {"examples": pairs})


def _without(file: Path, rows: pl.Series) -> pl.DataFrame:
    table = pl.scan_parquet(file).with_row_index("__row").filter(~pl.col("__row").cast(pl.Int64).is_in(rows.implode()))
    return table.drop("__row").collect(engine="streaming")


def _account(before: Account, kept: pl.DataFrame, dropped: pl.DataFrame) -> Account:
    reasons = Counter(before.dropped) + Counter(dict(dropped["reason"].value_counts().iter_rows()))
    told = {"dropped": dict(sorted(reasons.items())), "rows": kept.height, "tokens": int(kept["tokens"].sum())}
    return Account.model_validate(before.model_dump() | told)


def _shown(pair: dict[str, Any]) -> dict[str, Any]:
    return {
        "source": pair["source"],
        "text": pair["text"][:SHOWN],
        "survivor_source": pair["survivor_source"].removeprefix(HOLDOUT),
        "survivor_text": pair["survivor_text"][:SHOWN],
        "in_holdout": pair["survivor_source"].startswith(HOLDOUT),
        "jaccard": round(pair["jaccard"], 3),
    }
