"""Across sources: one copy of each text, and nothing in training that also stands in the hold-out. Holds keys, not
texts.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tasks.deduplicate.holdout import in_holdout
from tasks.manifests.manifest import Account
from tasks.rows.groups import groups_of
from tasks.rows.keys import MEDIA_KEY, as_number, conflicts

REASONS = pl.Enum(["holdout_duplicate", "in_holdout", "cross_source_duplicate"])
SIDES = {
    "train": pl.col("reason").is_null() & ~pl.col("holdout"),
    "holdout": pl.col("reason").is_null() & pl.col("holdout"),
}


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
    """Give for every row the keys of its text (`key` and `match`) as numbers, and whether it belongs to the
    hold-out.
    """
    # All texts of one image or recording fall on the same side.
    drawn = "match" if MEDIA_KEY in pl.read_parquet_schema(file) else "key"
    return pl.concat(
        pl.DataFrame([as_number(some["key"]), as_number(some["match"]), in_holdout(some[drawn], share, seed)])
        for some in groups_of(keys)
    )


def deduplicate(
    files: Sequence[tuple[Path, Path]], accounts: Sequence[Account], shares: Sequence[float], seed: int
) -> Pool:
    """Carve the hold-out, then keep the first copy of every text; the order of the sources decides who is first.

    Args:
        files: cleaned rows and their keys, two files a source, each text once within a source.
        accounts: the sources' accounts so far, in the same order.
        shares: expected share of each source's rows that go to the hold-out.
    """
    judged, repeated = _judged(
        pl.concat([outline(*both, share, seed) for both, share in zip(files, shares, strict=True)])
    )
    sides: dict[str, dict[str, pl.Series]] = {side: {} for side in SIDES}
    labels = {side: Counter[str]() for side in SIDES}
    closed, conflicting = list[Account](), list[pl.DataFrame]()
    for before, (file, _) in zip(accounts, files, strict=True):
        rows = pl.read_parquet(file, columns=["label", "tokens"])
        rows, judged = rows.hstack(judged.head(rows.height)), judged.slice(rows.height)
        chosen = {side: rows.select(mask).to_series() for side, mask in SIDES.items()}
        for side, mask in chosen.items():
            sides[side][before.source] = mask
            labels[side].update(dict(rows["label"].filter(mask).drop_nulls().value_counts().iter_rows()))
        closed.append(
            _closed(
                before,
                rows["reason"].drop_nulls(),
                *(rows["tokens"].filter(chosen[side]) for side in ("train", "holdout")),
            )
        )
        conflicting.append(rows.select("key", "label").filter(pl.col("key").is_in(repeated.implode())))
    return Pool(
        sides,
        {side: dict(sorted(counts.items())) for side, counts in labels.items()},
        tuple(closed),
        conflicts(pl.concat(conflicting)),
    )


def _judged(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Give key and side of the rows, with the reason why one is dropped; and the keys that stand there more than
    once.
    """
    first = rows["key"].is_first_distinct()
    reason = _reason(first, rows["match"].filter(rows["holdout"]).unique())
    return rows.select("key", "holdout", reason=reason), rows["key"].filter(~first).unique()


def _reason(first: pl.Series, kept_aside: pl.Series) -> pl.Expr:
    """Say why a row is dropped (null: it stays).

    Args:
        first: whether no row before it has its key.
        kept_aside: match keys of the hold-out.
    """
    again = pl.lit(~first)
    return (
        pl.when(pl.col("holdout") & again)
        .then(pl.lit("holdout_duplicate", REASONS))
        .when(pl.col("holdout"))
        .then(None)
        .when(pl.col("match").is_in(kept_aside.implode()))
        .then(pl.lit("in_holdout", REASONS))
        .when(again)
        .then(pl.lit("cross_source_duplicate", REASONS))
    )


def _closed(before: Account, reasons: pl.Series, train: pl.Series, holdout: pl.Series) -> Account:
    """Close an account.

    Args:
        reasons: of the rows that are dropped.
        train, holdout: tokens of those that stay.
    """
    dropped = Counter(before.dropped) + Counter(dict(reasons.value_counts().iter_rows()))
    return Account(
        source=before.source,
        read=before.read,
        quarantined=before.quarantined,
        dropped=dict(sorted(dropped.items())),
        rows=len(train),
        tokens=int(train.sum()),
        holdout=len(holdout),
        holdout_tokens=int(holdout.sum()),
    )
