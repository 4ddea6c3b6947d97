"""Which rows of one source stay: a reason code for each that does not. Reads the rows once, in blocks, and holds keys, not texts."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl
import pyarrow.parquet as pq

from tasks import kinds
from tasks.clean import filters
from tasks.clean.measure import measured
from tasks.clean.normalise import normalised, unseen
from tasks.clean.settings import FilterSettings, SourceCleaning
from tasks.errors import QualityGate
from tasks.keys import MEDIA_KEY, row_keys
from tasks.records import Account

SHAPE = {"row_id": pl.String, "source": pl.String, "text": pl.String, "label": pl.String, "tokens": pl.UInt32}
COLUMNS = tuple(SHAPE)
BLOCK_ROWS = 16_384
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


def clean_file(before: Account, file: Path, out: Path, keys: Path, settings: SourceCleaning) -> Cleaned:
    """Clean the rows of a Parquet file into another.

    Texts are normalised; what is empty, too short, too long, refused by a filter or a repetition is dropped, for the first of these
    reasons. Of equal texts the first stays, whatever its label; rows with media are equal when both text and media are.

    Args:
        out: written: the rows that stay, in their order.
        keys: written: `key` and `match` of each of them, 16 bytes each.

    Raises:
        QualityGate: no row is left.
    """
    dropped = Counter(before.dropped)
    with _Groups(out, media=MEDIA_KEY in pq.read_schema(file).names) as groups:
        seen = pl.concat(list(_sifted(file, groups, settings, dropped)))
    if not seen["first"].any():
        raise _nothing_left(before, dropped)
    seen.filter("first").select("key", "match").write_parquet(keys, compression="uncompressed", row_group_size=GROUP_ROWS)
    account = Account(
        source=before.source, read=before.read, quarantined=before.quarantined, dropped=dict(sorted(dropped.items())),
        rows=groups.rows, tokens=groups.tokens,
    )  # fmt: skip
    return Cleaned(account, conflicts(seen))


def _sifted(file: Path, groups: "_Groups", settings: SourceCleaning, dropped: Counter[str]) -> Iterator[pl.DataFrame]:
    """Write the rows that stay, block by block, and count the others in `dropped`; give keys and labels of those that no rule drops."""
    known: set[bytes] = set()
    with pq.ParquetFile(file) as rows:
        for batch in rows.iter_batches(BLOCK_ROWS):
            block = pl.DataFrame(batch).with_columns(normalised(pl.col("text").fill_null(""), keep_lines=settings.keep_lines))
            block = pl.concat([block, measured(block["text"])], how="horizontal")
            reasons = judge(block, settings)
            dropped.update(dict(reasons.drop_nulls().value_counts().iter_rows()))
            block = block.filter(reasons.is_null()).select(groups.columns)
            found, alike = row_keys(block)
            first = pl.Series("first", [not (key in known or known.add(key)) for key in found], dtype=pl.Boolean)
            if repeats := len(first) - int(first.sum()):
                dropped["exact_duplicate"] += repeats
            groups.add(block.filter(first))
            yield pl.DataFrame([found, alike, block["label"], first])


class _Groups:
    """Writes rows to a Parquet file in groups of a fixed size, so that equal rows are equal bytes however they come."""

    def __init__(self, out: Path, *, media: bool) -> None:
        self.out, self.rows, self.tokens = out, 0, 0
        self.waiting = pl.DataFrame(schema=SHAPE | ({MEDIA_KEY: pl.Binary} if media else {}))
        self.columns = self.waiting.columns

    def __enter__(self) -> Self:
        self.writer = pq.ParquetWriter(self.out, self.waiting.to_arrow().schema, compression="zstd", use_dictionary=["source", "label"])  # pyright: ignore[reportArgumentType]
        return self

    def add(self, rows: pl.DataFrame) -> None:
        """Take rows; write the groups that are full."""
        self.rows, self.tokens = self.rows + rows.height, self.tokens + int(rows["tokens"].sum())
        self.waiting = pl.concat([self.waiting, rows])
        while self.waiting.height >= GROUP_ROWS:
            self._write(GROUP_ROWS)

    def _write(self, count: int) -> None:
        self.writer.write_table(self.waiting.head(count).to_arrow().cast(self.writer.schema))
        self.waiting = self.waiting.slice(count)

    def __exit__(self, *_: object) -> None:
        if self.waiting.height:
            self._write(GROUP_ROWS)
        self.writer.close()


def judge(rows: pl.DataFrame, settings: SourceCleaning) -> pl.Series:
    """Say why each row is dropped, null where it stays.

    Args:
        rows: `text`, normalised, and its counts (measure.py).
    """
    length = pl.col("chars")
    reasons = rows.select(
        reason=pl.when(unseen(pl.col("text"))).then(pl.lit("empty_text"))
        .when(length < settings.min_chars).then(pl.lit("too_short"))
        .when(length > settings.max_chars).then(pl.lit("too_long"))
    )["reason"]  # fmt: skip
    for chosen in settings.filters:
        reasons = _and(reasons, rows, chosen)
    return reasons


def _and(reasons: pl.Series, rows: pl.DataFrame, chosen: FilterSettings) -> pl.Series:
    """Ask one filter about the rows that stay so far."""
    stays = reasons.is_null()
    asked = rows if stays.all() else rows.filter(stays)
    found = asked.select(reason=kinds.load(filters, chosen.kind).reason(chosen))["reason"]
    return found if stays.all() else reasons.scatter(stays.arg_true(), found)


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
    rows.with_row_index("row_number").filter(chosen).drop("row_number").sink_parquet(
        out, compression="zstd", compression_level=1, row_group_size=GROUP_ROWS
    )
    return pl.scan_parquet(out).select(rows=pl.len(), tokens=pl.col("tokens").sum()).collect().row(0, named=True)


def _nothing_left(before: Account, dropped: Counter[str]) -> QualityGate:
    told = ", ".join(f"{reason} {count:,}" for reason, count in sorted(dropped.items()))
    went = f"{before.read:,} read; {before.quarantined:,} in quarantine; dropped: {told or 'none'}"
    remedy = "Look at its `columns`, `labels` and `where`, at clean.min_chars and clean.max_chars, and at its filters"
    return QualityGate(f"source {before.source!r} has no row left after cleaning: {went}. {remedy}")
