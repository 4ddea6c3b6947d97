"""Which rows of one source stay: reason codes for all that do not. Reads the rows twice, and never holds all of their texts."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tasks.clean.keys import digests
from tasks.clean.normalise import normalised, token_count, unseen
from tasks.clean.settings import CleanSettings
from tasks.errors import QualityGate
from tasks.records import Account

COLUMNS = ("row_id", "source", "text", "label", "tokens")
GROUP_ROWS = 65_536
"""Rows of a row group of the files written; fixed, so that equal rows are equal bytes."""


@dataclass(frozen=True)
class Cleaned:
    """What cleaning did to one source.

    Attributes:
        account: where its rows went so far.
        label_conflicts: texts that stand in it with several labels; the first row's label counts.
    """

    account: Account
    label_conflicts: int


def reasons(rows: pl.LazyFrame, settings: CleanSettings) -> pl.DataFrame:
    """Give for every row, in order, the key of its normalised text, its label, and why it is dropped (null: it stays)."""
    length = pl.col("text").str.len_chars()
    reason = (
        pl.when(unseen(pl.col("text"))).then(pl.lit("empty_text"))
        .when(length < settings.min_chars).then(pl.lit("too_short"))
        .when(length > settings.max_chars).then(pl.lit("too_long"))
    )  # fmt: skip
    key = pl.col("text").map_batches(digests, return_dtype=pl.Binary, is_elementwise=True)
    first = (
        rows.select("label", normalised(pl.col("text").fill_null("")))
        .select("label", key.alias("key"), reason.alias("reason"))
        .collect(engine="streaming")
    )
    repeats = pl.when(pl.col("reason").is_null() & pl.col("key").is_first_distinct().not_()).then(pl.lit("exact_duplicate"))
    return first.with_columns(reason=pl.coalesce("reason", repeats))


def conflicts(rows: pl.DataFrame) -> int:
    """Count the keys that stand with more than one label."""
    repeated = rows.filter(pl.col("key").is_duplicated())
    return repeated.group_by("key").agg(pl.col("label").n_unique()).filter(pl.col("label") > 1).height


def write_rows(rows: pl.LazyFrame, kept: pl.Series, out: Path) -> dict[str, int]:
    """Write the rows marked in `kept`, in their order; give their number and the sum of their tokens.

    Args:
        kept: one truth value for each row.
    """
    chosen = pl.col("row_number").map_batches(kept.gather, return_dtype=pl.Boolean, is_elementwise=True)
    rows.with_row_index("row_number").filter(chosen).select(COLUMNS).sink_parquet(
        out, compression="zstd", compression_level=1, row_group_size=GROUP_ROWS
    )
    return pl.scan_parquet(out).select(rows=pl.len(), tokens=pl.col("tokens").sum()).collect().row(0, named=True)


def clean_file(before: Account, file: Path, out: Path, settings: CleanSettings) -> Cleaned:
    """Clean the rows of a Parquet file into another.

    Texts are normalised; what is empty, too short, too long or a repetition is dropped. Of equal texts the first stays, whatever its label.

    Raises:
        QualityGate: no row is left.
    """
    rows = pl.scan_parquet(file)
    judged = reasons(rows, settings)
    kept = judged["reason"].is_null()
    dropped = Counter(before.dropped) + Counter(dict(judged["reason"].drop_nulls().value_counts().iter_rows()))
    if not kept.any():
        raise _nothing_left(before, dropped)
    ready = rows.with_columns(normalised(pl.col("text"))).with_columns(tokens=token_count(pl.col("text")))
    written = write_rows(ready, kept, out)
    account = Account(
        source=before.source, read=before.read, quarantined=before.quarantined, dropped=dict(sorted(dropped.items())), **written
    )  # fmt: skip
    return Cleaned(account, conflicts(judged.filter(kept | (judged["reason"] == "exact_duplicate"))))


def _nothing_left(before: Account, dropped: Counter[str]) -> QualityGate:
    told = ", ".join(f"{reason} {count:,}" for reason, count in sorted(dropped.items()))
    went = f"{before.read:,} read; {before.quarantined:,} in quarantine; dropped: {told or 'none'}"
    remedy = "Look at its `columns`, `labels` and `where`, and at clean.min_chars and clean.max_chars"
    return QualityGate(f"source {before.source!r} has no row left after cleaning: {went}. {remedy}")
