"""The narrow frame that expectations look at: what polars can say of every row, without the text where nobody asks for
it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tasks.check.settings import Expectation
from tasks.core.layout import Layout, Role
from tasks.manifests.manifest import Account
from tasks.manifests.profile import Drift
from tasks.rows.layout import ROW_ID, SOURCE, TOKENS, TYPES, text_of

CHARACTERS = "characters"
DRIFT = ("drift_rows", "drift_labels", "drift_lengths", "drift_words", "drift_new")
REPEATED = (
    "exact_duplicate",
    "cross_source_duplicate",
    "holdout_duplicate",
    "in_holdout",
    "validation_duplicate",
    "in_validation",
)
NEARLY = ("near_duplicate", "near_holdout", "near_validation")
"""Why rows are dropped that repeat, or nearly repeat, another one."""


def named_columns(layout: Layout) -> tuple[str, ...]:
    """Give what every row is held against: all of it but the texts, of lists their length. `characters` is the length
    of the texts.
    """
    return ROW_ID, SOURCE, *(name for name in layout.names if name not in layout.texts), TOKENS, CHARACTERS


def columns(layout: Layout) -> tuple[str, ...]:
    """Give what an expectation may name. `duplicate_share` and those of drift are the same in all rows."""
    return *named_columns(layout), "duplicate_share", *DRIFT, *layout.texts


def facts_of(
    files: Sequence[Path], wanted: Iterable[Expectation], shares: Mapping[str, float], layout: Layout
) -> pl.DataFrame:
    """Give one row of facts for every row of the files; the text only when an expectation names it.

    Columns that the files lack are left out. Whole numbers are signed, since Great Expectations subtracts them.

    Args:
        files: rows of one source, or shards of the mix, in order.
        shares: columns that are the same in all rows.
    """
    table = pl.scan_parquet(list(files))
    there = table.collect_schema().names()
    named = {column for expectation in wanted for column in columns_of(expectation)}
    plain = [pl.col(name) for name in (ROW_ID, SOURCE) if name in there]
    seen = [role for role in layout.roles if role.name not in layout.texts or role.name in named]
    plain += [_fact(layout, role) for role in seen if role.name in there]
    numbers = [pl.col(TOKENS).cast(pl.Int64)] if TOKENS in there else []
    lengths = (text_of(layout, name).str.len_chars() for name in layout.texts)
    length = pl.sum_horizontal(lengths, ignore_nulls=False)
    numbers += [length.cast(pl.Int64).alias(CHARACTERS)] if {*layout.texts} <= {*there} else []
    return table.select(*plain, *numbers, *(pl.lit(share).alias(name) for name, share in shares.items())).collect(
        engine="streaming"
    )


def _fact(layout: Layout, role: Role) -> pl.Expr:
    """Give what expectations see of a role: of lists how many items they have."""
    if role.is_text or not isinstance(TYPES[role.holds], pl.List | pl.Struct):
        return text_of(layout, role.name)
    held = pl.col(role.name)
    counted = held.struct.field("text") if role.holds == "answers" else held
    return counted.list.len().cast(pl.Int64).alias(role.name)


def columns_of(expectation: Expectation) -> Iterator[str]:
    """Name the columns that an expectation looks at."""
    kwargs = expectation.kwargs
    for name in ("column", "column_A", "column_B"):
        if name in kwargs:
            yield str(kwargs[name])
    several = kwargs.get("column_list")
    if isinstance(several, (list, tuple)):
        yield from map(str, several)
    yield from _columns_in(kwargs.get("row_condition"))


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
    usable = repeats + nearly + account.usable
    return repeats / usable if usable else 0.0


def drift_columns(drift: Drift | None) -> dict[str, float]:
    """Give the columns that tell how far a source has moved: those that were measured."""
    measured = {column: getattr(drift, column.removeprefix("drift_"), None) for column in DRIFT}
    return {column: value for column, value in measured.items() if value is not None}
