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
from tasks.deduplicate.holdout import in_holdout, on_one_side
from tasks.manifests.dropped import Dropped, DroppedRow
from tasks.manifests.manifest import Account
from tasks.rows.dropping import count_reasons, examples_of, spread
from tasks.rows.groups import groups_of
from tasks.rows.keys import MEDIA_KEY, as_number, conflicts
from tasks.rows.layout import TOKENS, RowFile
from tasks.rows.reading import locate

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
        dropped: what is said of the rows that go nowhere.
    """

    sides: dict[str, dict[str, pl.Series]]
    labels: dict[str, dict[str, int]]
    accounts: tuple[Account, ...]
    label_conflicts: int
    dropped: Dropped


def outline(
    files: Sequence[tuple[Path, Path]], shares: Sequence[float], seed: int, layout: Layout
) -> Iterator[pl.DataFrame]:
    """Give for every row of all sources the keys of its text (`key` and `match`) as numbers, and whether it belongs to
    the hold-out, some rows at a time; see `deduplicate` for the arguments.
    """
    blocks: list[Iterable[pl.DataFrame]] = [groups_of(keys) for _, keys in files]
    if any_of_several := len(layout.match) > 1:
        blocks = [[keys] for keys in on_one_side([pl.read_parquet(keys) for _, keys in files])]
    for (file, _), keyed, share in zip(files, blocks, shares, strict=True):
        # All texts of one image or recording fall on the same side, as do all rows that share what rows are matched by.
        shared = any_of_several or layout.match != layout.key or MEDIA_KEY in pl.read_parquet_schema(file)
        for rows in keyed:
            aside = in_holdout(rows["match" if shared else "key"], share, seed)
            yield pl.DataFrame([as_number(rows["key"]), as_number(rows["match"]), aside])


def deduplicate(
    files: Sequence[tuple[Path, Path]],
    accounts: Sequence[Account],
    shares: Sequence[float],
    seed: int,
    layout: Layout,
) -> Pool:
    """Carve the hold-out, then keep the first copy of every text; the order of the sources decides who is first.

    Args:
        files: cleaned rows and their keys, two files a source, each text once within a source.
        accounts: the sources' accounts so far, in the same order.
        shares: expected share of each source's rows that go to the hold-out.
    """
    outlines = pl.concat(outline(files, shares, seed, layout))
    texts = {account.source: RowFile(file, layout) for account, (file, _) in zip(accounts, files, strict=True)}
    first = outlines["key"].is_first_distinct()
    judged = outlines.with_columns(reason=_reason(first, outlines["match"].filter(outlines["holdout"]).unique()))
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
        chosen = {side: own.select(mask).to_series() for side, mask in SIDES.items()}
        for side, mask in chosen.items():
            sides[side][before.source] = mask
            labels[side].update(dict(own["label"].filter(mask).drop_nulls().value_counts().iter_rows()))
        reasons = own.select("reason", source=pl.lit(before.source)).drop_nulls("reason")
        closed.append(
            _closed(
                before,
                reasons["reason"],
                own[TOKENS].filter(chosen["train"]),
                own[TOKENS].filter(chosen["holdout"]),
            )
        )
        gone.append(reasons)
        repeats.append(own.select("key", "label").filter(pl.col("key").is_in(repeated.implode())))
    label_conflicts = conflicts(pl.concat(repeats))
    dropped = Dropped(
        step="exact-duplicates",
        counts=count_reasons(pl.concat(gone)),
        figures={"texts with different labels": label_conflicts},
        examples=examples,
    )
    counted = {side: dict(sorted(counts.items())) for side, counts in labels.items()}
    return Pool(sides, counted, tuple(closed), label_conflicts, dropped)


def _examples(judged: pl.DataFrame, files: Mapping[str, RowFile]) -> tuple[DroppedRow, ...]:
    """Choose a few rows that are dropped for each reason, and the first row that each of them repeats."""
    places = [spread((judged["reason"] == reason).arg_true().to_frame("place"), 2) for reason in REASONS.categories]
    chosen = pl.concat(places)["place"].cast(pl.Int64)
    rows = judged[chosen]
    repeated = [
        (judged["match"] == row["match"]) & judged["holdout"]
        if row["reason"] == "in_holdout"
        else judged["key"] == row["key"]
        for row in rows.iter_rows(named=True)
    ]
    others = np.array([mask.arg_max() for mask in repeated], np.int64)
    columns = (*locate(files, chosen.to_numpy()), *locate(files, others))
    named = dict(zip(("source", "row", "other", "other_row"), columns, strict=True))
    return tuple(examples_of(pl.DataFrame(named).with_columns(rows["reason"]), files))


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
