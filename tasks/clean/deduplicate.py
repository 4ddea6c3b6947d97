"""Across sources: one copy of each text, and nothing in training that also stands in the hold-out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from tasks.clean.holdout import in_holdout
from tasks.clean.normalise import match_key
from tasks.errors import QualityGate
from tasks.records import Account


@dataclass(frozen=True)
class Pool:
    """Rows of all sources, each text once.

    Attributes:
        train: rows that may be trained on, by source.
        holdout: rows kept aside, by source.
        conflicts: texts that stand in several sources with different labels.
    """

    train: dict[str, pl.DataFrame]
    holdout: dict[str, pl.DataFrame]
    accounts: tuple[Account, ...]
    conflicts: int


def deduplicate(frames: Sequence[pl.DataFrame], accounts: Sequence[Account], share: float, seed: int) -> Pool:
    """Carve the hold-out, then keep the first copy of every text; the order of the sources decides who is first.

    Args:
        frames: cleaned rows, one frame a source, each text once within a frame.
        accounts: the sources' accounts so far, in the same order.
        share: expected share of the rows that go to the hold-out.
    """
    sides = [frame.with_columns(in_holdout(frame["text"], share, seed)) for frame in frames]
    both = pl.concat(sides).with_columns(match_key(pl.col("text")).alias("key"))
    first = pl.col("text").is_first_distinct()
    kept_aside = both.filter(pl.col("holdout"))["key"].unique()
    reason = (
        pl.when(pl.col("holdout") & first.not_()).then(pl.lit("holdout_duplicate"))
        .when(pl.col("holdout")).then(None)
        .when(pl.col("key").is_in(kept_aside.implode())).then(pl.lit("in_holdout"))
        .when(first.not_()).then(pl.lit("cross_source_duplicate"))
    )  # fmt: skip
    judged = both.with_columns(reason.alias("reason"))
    conflicts = judged.group_by("text").agg(pl.col("label").n_unique().alias("labels")).filter(pl.col("labels") > 1).height
    parts = {account.source: judged.filter(pl.col("source") == account.source) for account in accounts}
    kept = {name: part.filter(pl.col("reason").is_null()) for name, part in parts.items()}
    columns = frames[0].columns
    train = {name: part.filter(~pl.col("holdout")).select(columns) for name, part in kept.items()}
    holdout = {name: part.filter(pl.col("holdout")).select(columns) for name, part in kept.items()}
    closed = tuple(_closed(account, parts[account.source], train[account.source], holdout[account.source]) for account in accounts)
    return Pool(train, holdout, closed, conflicts)


def _closed(before: Account, judged: pl.DataFrame, train: pl.DataFrame, holdout: pl.DataFrame) -> Account:
    dropped = Counter(before.dropped) + Counter(dict(judged["reason"].drop_nulls().value_counts().iter_rows()))
    return Account(
        source=before.source, read=before.read, quarantined=before.quarantined, dropped=dict(sorted(dropped.items())),
        rows=train.height, tokens=int(train["tokens"].sum()), holdout=holdout.height, holdout_tokens=int(holdout["tokens"].sum()),
    )  # fmt: skip


def refuse(pool: Pool, share: float) -> None:
    """Stop when there is nothing to learn or to measure on.

    Raises:
        QualityGate: no rows left in a source, one class only, or an empty hold-out.
    """
    for account in pool.accounts:
        if not account.rows:
            told = ", ".join(f"{reason} {count:,}" for reason, count in account.dropped.items())
            went = f"{account.read:,} read; {told or 'none dropped'}; {account.holdout:,} held out"
            raise QualityGate(f"source {account.source!r} has no row left to train on: {went}")
    labels = pl.concat([frame.select("label") for frame in pool.train.values()])["label"].value_counts(sort=True)
    if labels.height < 2:
        told = f"all {labels['count'][0]:,} training rows have the label {labels['label'][0]!r}"
        raise QualityGate(f"{told}; a classifier needs two. Look at the sources' `labels` and `where`")
    aside = sum(account.holdout for account in pool.accounts)
    if not aside:
        rows = sum(account.rows for account in pool.accounts)
        raise QualityGate(f"the hold-out is empty: a share of {share:g} of {rows:,} rows chose none; raise holdout.share or add rows")
