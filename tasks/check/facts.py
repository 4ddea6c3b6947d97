"""The narrow frame that expectations look at: what polars can say of every row, without the text where nobody asks for it."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from tasks.check.settings import Expectation
from tasks.records import Account

DUPLICATES = ("exact_duplicate", "cross_source_duplicate", "holdout_duplicate", "in_holdout")


def facts_of(files: Sequence[Path], wanted: Sequence[Expectation]) -> pl.DataFrame:
    """Give one row of facts for every row of the files: row_id, source, label, characters, tokens, and whatever else is asked for."""
    table = pl.scan_parquet(list(files))
    asked = {
        str(value) for expectation in wanted for name, value in expectation.kwargs.items() if name.startswith("column") and isinstance(value, str)
    }
    asked |= {str(one) for expectation in wanted for value in expectation.kwargs.values() if isinstance(value, list) for one in value}
    extra = [pl.col("text")] if "text" in asked else []
    return table.select(
        "row_id", "source", "label", "tokens",
        pl.col("text").str.len_chars().alias("characters"),
        pl.col("text").is_null().alias("text_is_null"),
        *extra,
    ).collect(engine="streaming")  # fmt: skip


def duplicate_share(account: Account) -> float:
    """Give the share of a source's usable rows that repeat another row."""
    repeats = sum(account.dropped.get(reason, 0) for reason in DUPLICATES)
    usable = repeats + account.rows + account.holdout
    return repeats / usable if usable else 0.0
