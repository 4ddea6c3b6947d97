"""Across sources: one copy of each text, and nothing in training that also stands in the hold-out. Holds keys, not texts."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tasks.clean.filter import conflicts
from tasks.clean.holdout import in_holdout
from tasks.groups import groups_of
from tasks.keys import MEDIA_KEY, as_number
from tasks.records import Account

REASONS = pl.Enum(["holdout_duplicate", "in_holdout", "cross_source_duplicate"])


@dataclass(frozen=True)
class Pool:
    """Which rows of which source go where; each text once.

    Attributes:
        sides: side (`train`, `holdout`) -> source -> one truth value for each row of the source's file.
        labels: side -> label -> rows; empty where rows have none.
        accounts: the sources' accounts, closed, in the recipe's order.
        label_conflicts: texts that stand in several sources with different labels.
    """

    sides: dict[str, dict[str, pl.Series]]
    labels: dict[str, dict[str, int]]
    accounts: tuple[Account, ...]
    label_conflicts: int


def outline(file: Path, keys: Path, share: float, seed: int) -> pl.DataFrame:
    """Give for every row its label, its tokens, the keys of its text (exact and match) and whether it belongs to the hold-out."""
    rows = pl.read_parquet(file, columns=["label", "tokens"])
    # All texts of one image or recording fall on the same side.
    drawn = "match" if MEDIA_KEY in pl.read_parquet_schema(file) else "key"
    found = [pl.DataFrame([as_number(some["key"]), as_number(some["match"]), in_holdout(some[drawn], share, seed)]) for some in groups_of(keys)]
    return pl.concat([rows, pl.concat(found)], how="horizontal")


def deduplicate(files: Sequence[tuple[Path, Path]], accounts: Sequence[Account], share: float, seed: int) -> Pool:
    """Carve the hold-out, then keep the first copy of every text; the order of the sources decides who is first.

    Args:
        files: cleaned rows and their keys, two files a source, each text once within a source.
        accounts: the sources' accounts so far, in the same order.
        share: expected share of the rows that go to the hold-out.
    """
    outlines = [outline(*both, share, seed) for both in files]
    starts = [0, *itertools.accumulate(part.height for part in outlines)]
    every = pl.concat(outlines)
    held = every.filter("holdout")["match"].unique()
    judged = every.select("label", "tokens", "holdout", reason=_reason(held))
    stays = pl.col("reason").is_null()
    parts = {account.source: judged[start:end] for account, (start, end) in zip(accounts, itertools.pairwise(starts), strict=True)}
    chosen = {"train": stays & ~pl.col("holdout"), "holdout": stays & pl.col("holdout")}
    return Pool(
        sides={side: {name: part.select(mask).to_series() for name, part in parts.items()} for side, mask in chosen.items()},
        labels={side: dict(judged.filter(mask)["label"].drop_nulls().value_counts().sort("label").iter_rows()) for side, mask in chosen.items()},
        accounts=tuple(_closed(account, *(parts[account.source].filter(mask) for mask in (~stays, *chosen.values()))) for account in accounts),
        label_conflicts=conflicts(every),
    )


def _reason(kept_aside: pl.Series) -> pl.Expr:
    """Say why a row is dropped (null: it stays).

    Args:
        kept_aside: match keys of the hold-out.
    """
    first = pl.col("key").is_first_distinct()
    return (
        pl.when(pl.col("holdout") & first.not_()).then(pl.lit("holdout_duplicate"))
        .when(pl.col("holdout")).then(None)
        .when(pl.col("match").is_in(kept_aside.implode())).then(pl.lit("in_holdout"))
        .when(first.not_()).then(pl.lit("cross_source_duplicate"))
    ).cast(REASONS)  # fmt: skip


def _closed(before: Account, lost: pl.DataFrame, train: pl.DataFrame, holdout: pl.DataFrame) -> Account:
    dropped = Counter(before.dropped) + Counter(dict(lost["reason"].value_counts().iter_rows()))
    return Account(
        source=before.source, read=before.read, quarantined=before.quarantined, dropped=dict(sorted(dropped.items())),
        rows=train.height, tokens=int(train["tokens"].sum()), holdout=holdout.height, holdout_tokens=int(holdout["tokens"].sum()),
    )  # fmt: skip
