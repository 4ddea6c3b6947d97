"""Across sources: one copy of each text, and nothing in training that also stands in the hold-out. Holds keys, not
texts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from tasks.core.layout import Layout
from tasks.deduplicate.holdout import on_one_side, side_of
from tasks.manifests.dropped import Dropped, DroppedRow
from tasks.manifests.manifest import Account
from tasks.rows.dropping import count_reasons, examples_of, spread
from tasks.rows.files import HOLDOUT, SIDES, VALIDATION
from tasks.rows.groups import groups_of
from tasks.rows.keys import MEDIA_KEY, as_number, conflicts
from tasks.rows.layout import TOKENS, RowFile
from tasks.rows.reading import locate

REASONS = pl.Enum(
    ["holdout_duplicate", "in_holdout", "validation_duplicate", "in_validation", "cross_source_duplicate"]
)
STANDS_IN = {"in_holdout": SIDES.index(HOLDOUT), "in_validation": SIDES.index(VALIDATION)}
"""Reason -> number of the side that a row's text also stands on."""


@dataclass(frozen=True)
class Pool:
    """Which rows of which source go where; each text once.

    Attributes:
        sides: side (`train`, `holdout`, `validation`) -> source -> one truth value for each row of the source's file;
            no `validation` where no source has any.
        labels: side -> label -> rows; empty where rows have none.
        accounts: the sources' accounts, closed, in the recipe's order.
        label_conflicts: texts that stand in several sources with different labels.
        dropped: what is said of the rows that go nowhere.
    """

    sides: dict[str, dict[str, pl.Series]]
    labels: dict[str, dict[str, int]]
    accounts: tuple[Account, ...]
    label_conflicts: int
    dropped: Dropped


def outline(
    files: Sequence[tuple[Path, Path]], shares: Sequence[tuple[float, float]], seed: int, layout: Layout
) -> Iterator[pl.DataFrame]:
    """Give for every row of all sources the keys of its text (`key` and `match`) as numbers, and the number of
    its `side`, some rows at a time; see `deduplicate` for the arguments.
    """
    blocks: list[Iterable[pl.DataFrame]] = [groups_of(keys) for _, keys in files]
    if any_of_several := len(layout.match) > 1:
        blocks = [[keys] for keys in on_one_side([pl.read_parquet(keys) for _, keys in files])]
    for (file, _), keyed, share in zip(files, blocks, shares, strict=True):
        # All texts of one image or recording fall on the same side, as do all rows that share what rows are matched by.
        shared = any_of_several or layout.match != layout.key or MEDIA_KEY in pl.read_parquet_schema(file)
        for rows in keyed:
            side = side_of(rows["match" if shared else "key"], *share, seed)
            yield pl.DataFrame([as_number(rows["key"]), as_number(rows["match"]), side])


def deduplicate(
    files: Sequence[tuple[Path, Path]],
    accounts: Sequence[Account],
    shares: Sequence[tuple[float, float]],
    seed: int,
    layout: Layout,
) -> Pool:
    """Carve hold-out and validation rows, then keep the first copy of every text, in the order of the sources.

    Args:
        files: cleaned rows and their keys, two files a source, each text once within a source.
        accounts: the sources' accounts so far, in the same order.
        shares: expected shares of each source's rows that go to the hold-out, and to validation.
    """
    outlines = pl.concat(outline(files, shares, seed, layout))
    texts = {account.source: RowFile(file, layout) for account, (file, _) in zip(accounts, files, strict=True)}
    first = outlines["key"].is_first_distinct()
    judged = outlines.with_columns(reason=_reason(first, outlines))
    repeated, examples = judged["key"].filter(~first).unique(), _examples(judged, texts)
    judged = judged.drop("match")
    sides: dict[str, dict[str, pl.Series]] = {side: {} for side in SIDES}
    labels = {side: Counter[str]() for side in SIDES}
    closed, repeats, gone, start = list[Account](), list[pl.DataFrame](), list[pl.DataFrame](), 0
    for before in accounts:
        own = pl.scan_parquet(texts[before.source].path)
        own = own.select(TOKENS, label=pl.col(layout.label) if layout.label else None).collect()
        own = own.hstack(judged.slice(start, own.height))
        start += own.height
        chosen = {side: (own["side"] == number) & own["reason"].is_null() for number, side in enumerate(SIDES)}
        for side, mask in chosen.items():
            sides[side][before.source] = mask
            labels[side].update(dict(own["label"].filter(mask).drop_nulls().value_counts().iter_rows()))
        reasons = own.select("reason", source=pl.lit(before.source)).drop_nulls("reason")
        closed.append(_closed(before, reasons["reason"], [own[TOKENS].filter(mask) for mask in chosen.values()]))
        gone.append(reasons)
        repeats.append(own.select("key", "label").filter(pl.col("key").is_in(repeated.implode())))
    label_conflicts = conflicts(pl.concat(repeats))
    dropped = Dropped(
        step="exact-duplicates",
        counts=count_reasons(pl.concat(gone)),
        figures={"texts with different labels": label_conflicts},
        examples=examples,
    )
    if not any(account.validation for account in closed):
        del sides[VALIDATION], labels[VALIDATION]
    counted = {side: dict(sorted(counts.items())) for side, counts in labels.items()}
    return Pool(sides, counted, tuple(closed), label_conflicts, dropped)


def _examples(judged: pl.DataFrame, files: Mapping[str, RowFile]) -> tuple[DroppedRow, ...]:
    """Choose a few rows that are dropped for each reason, and the first row that each of them repeats."""
    places = [spread((judged["reason"] == reason).arg_true().to_frame("place"), 2) for reason in REASONS.categories]
    chosen = pl.concat(places)["place"].cast(pl.Int64)
    rows = judged[chosen]
    repeated = [
        (judged["match"] == row["match"]) & (judged["side"] == STANDS_IN[row["reason"]])
        if row["reason"] in STANDS_IN
        else judged["key"] == row["key"]
        for row in rows.iter_rows(named=True)
    ]
    others = np.array([mask.arg_max() for mask in repeated], np.int64)
    columns = (*locate(files, chosen.to_numpy()), *locate(files, others))
    named = dict(zip(("source", "row", "other", "other_row"), columns, strict=True))
    return tuple(examples_of(pl.DataFrame(named).with_columns(rows["reason"]), files))


def _reason(first: pl.Series, rows: pl.DataFrame) -> pl.Expr:
    """Say why a row is dropped (null: it stays).

    Args:
        first: whether no row before it has its key.
        rows: `match` and `side` of all.
    """
    again, side = pl.lit(~first), pl.col("side")

    def stands(reason: str) -> pl.Expr:
        aside = rows["match"].filter(rows["side"] == STANDS_IN[reason]).unique()
        return pl.col("match").is_in(aside.implode())

    return (
        pl.when(again & (side == STANDS_IN["in_holdout"]))
        .then(pl.lit("holdout_duplicate", REASONS))
        .when(side == STANDS_IN["in_holdout"])
        .then(None)
        .when(stands("in_holdout"))
        .then(pl.lit("in_holdout", REASONS))
        .when(again & (side == STANDS_IN["in_validation"]))
        .then(pl.lit("validation_duplicate", REASONS))
        .when(side == STANDS_IN["in_validation"])
        .then(None)
        .when(stands("in_validation"))
        .then(pl.lit("in_validation", REASONS))
        .when(again)
        .then(pl.lit("cross_source_duplicate", REASONS))
    )


def _closed(before: Account, reasons: pl.Series, tokens: Sequence[pl.Series]) -> Account:
    """Close an account.

    Args:
        reasons: of the rows that are dropped.
        tokens: of those that stay, side by side.
    """
    train, holdout, validation = tokens
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
        validation=len(validation),
        validation_tokens=int(validation.sum()),
    )
