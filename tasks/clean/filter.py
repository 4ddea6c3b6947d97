"""Which rows of one source stay: reason codes for all that do not."""

from collections import Counter
from pathlib import Path

import polars as pl

from tasks.clean.normalise import normalised, token_count
from tasks.clean.settings import CleanSettings
from tasks.records import Account

COLUMNS = ("row_id", "source", "text", "label", "tokens")


def clean_rows(rows: pl.LazyFrame, settings: CleanSettings) -> tuple[pl.DataFrame, Counter[str]]:
    """Normalise the texts of one source, then drop what is empty, too short, too long or a repetition.

    Of equal texts the first stays, whatever its label.

    Returns:
        The rows kept, in their order, with `tokens`; and rows dropped by reason.
    """
    length = pl.col("text").str.len_chars()
    reason = (
        pl.when(length == 0).then(pl.lit("empty_text"))
        .when(length < settings.min_chars).then(pl.lit("too_short"))
        .when(length > settings.max_chars).then(pl.lit("too_long"))
        .when(pl.col("text").is_first_distinct().not_()).then(pl.lit("exact_duplicate"))
    )  # fmt: skip
    frame = rows.with_columns(normalised(pl.col("text")).alias("text")).with_columns(reason.alias("reason")).collect()
    dropped = Counter(dict(frame["reason"].drop_nulls().value_counts().iter_rows()))
    kept = frame.filter(pl.col("reason").is_null()).with_columns(token_count(pl.col("text")).alias("tokens"))
    return kept.select(COLUMNS), dropped


def clean_file(source: str, before: Account, rows: Path, out: Path, settings: CleanSettings) -> Account:
    """Clean the rows of a Parquet file into another; gives the source's account so far."""
    kept, dropped = clean_rows(pl.scan_parquet(rows), settings)
    kept.write_parquet(out, compression="zstd", compression_level=1)
    return Account(
        source=source,
        read=before.read,
        quarantined=before.quarantined,
        dropped=dict(sorted((Counter(before.dropped) + dropped).items())),
        rows=kept.height,
        tokens=int(kept["tokens"].sum()),
    )
