"""The narrow frame that expectations look at: what polars can say of every row, without the text where nobody asks for
it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tasks.check.settings import Expectation
from tasks.manifests.manifest import Account

DRIFT = ("drift_rows", "drift_labels", "drift_lengths", "drift_words", "drift_new")
COLUMNS = ("row_id", "source", "label", "tokens", "characters", "duplicate_share", *DRIFT, "text")
"""What an expectation may name. `characters` is the length of the text (missing where the text is); `duplicate_share`
and those of drift are
the same in all rows."""
REPEATED = ("exact_duplicate", "cross_source_duplicate", "holdout_duplicate", "in_holdout")
NEARLY = ("near_duplicate", "near_holdout")
"""Why rows are dropped that repeat, or nearly repeat, another one."""


def facts_of(files: Sequence[Path], wanted: Iterable[Expectation], shares: Mapping[str, float]) -> pl.DataFrame:
    """Give one row of facts for every row of the files; the text only when an expectation names it.

    Columns that the files lack are left out. Whole numbers are signed, since Great Expectations subtracts them.

    Args:
        files: rows of one source, or shards of the mix, in order.
        shares: columns that are the same in all rows.
    """
    table = pl.scan_parquet(list(files))
    there = table.collect_schema().names()
    asked = {column for one in wanted for column in columns_of(one)}
    plain = [
        name for name in ("row_id", "source", "label", "text") if name in there and (name != "text" or name in asked)
    ]
    numbers = [pl.col("tokens").cast(pl.Int64)] if "tokens" in there else []
    numbers += [pl.col("text").str.len_chars().cast(pl.Int64).alias("characters")] if "text" in there else []
    return table.select(*plain, *numbers, *(pl.lit(share).alias(name) for name, share in shares.items())).collect(
        engine="streaming"
    )


def columns_of(one: Expectation) -> Iterator[str]:
    """Name the columns that an expectation looks at."""
    for name in ("column", "column_A", "column_B"):
        if name in one.kwargs:
            yield str(one.kwargs[name])
    several = one.kwargs.get("column_list")
    if isinstance(several, (list, tuple)):
        yield from map(str, several)
    yield from _columns_in(one.kwargs.get("row_condition"))


def _columns_in(condition: Any) -> Iterator[str]:
    if isinstance(condition, dict):
        column = condition.get("column")
        if isinstance(column, dict) and "name" in column:
            yield str(column["name"])
        for inner in condition.get("conditions") or ():
            yield from _columns_in(inner)


def duplicate_share(account: Account) -> float:
    """Give the share of a source's usable rows that repeat another row, of its own or of another source; nearly
    repeating is not repeating.
    """
    repeats, nearly = (sum(account.dropped.get(reason, 0) for reason in reasons) for reasons in (REPEATED, NEARLY))
    usable = repeats + nearly + account.rows + account.holdout
    return repeats / usable if usable else 0.0


def drift_columns(measured: Mapping[str, Any]) -> dict[str, float]:
    """Give the columns that tell how far a source has moved: those that were measured."""
    found = {column: measured.get(column.removeprefix("drift_")) for column in DRIFT}
    return {column: float(value) for column, value in found.items() if value is not None}
