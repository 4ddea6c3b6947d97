"""Rows in Parquet files, in groups that depend on the rows alone: equal rows are equal bytes however they came, and a
group at a time is read.
"""

import contextlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from tasks.core.parallel import in_order

GROUP_ROWS = 16_384
GROUP_BYTES = 4 << 20
"""Few enough that a group, decoded, encoded and compressed, is little beside the libraries that do it."""

DataType = pl.DataType | type[pl.DataType]
"""A type of polars, or its class alone."""


class Groups:
    """Gathers rows; a row group ends with the row that makes it GROUP_ROWS rows or GROUP_BYTES of text.

    Args:
        measured: the columns whose bytes count.
        behind: one thread, which encodes and compresses a group while the next one is made.
    """

    def __init__(self, writer: pq.ParquetWriter, measured: Sequence[str], behind: ThreadPoolExecutor) -> None:
        self.writer, self.measured, self.behind = writer, measured, behind
        self.written: Future[None] | None = None
        self.waiting: list[pl.DataFrame] = []
        self.rows = self.bytes = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Take more rows."""
        sizes = (_bytes_of(name, frame.schema[name]) for name in self.measured)
        ends = frame.select(size=pl.sum_horizontal(sizes).cum_sum())["size"].to_numpy()
        at = 0
        while at < frame.height:
            before = int(ends[at - 1]) if at else 0
            full = int(np.searchsorted(ends, GROUP_BYTES - self.bytes + before)) + 1
            after = min(full, at + GROUP_ROWS - self.rows, frame.height)
            self.waiting.append(frame.slice(at, after - at))
            self.rows, self.bytes, at = self.rows + after - at, self.bytes + int(ends[after - 1]) - before, after
            if self.rows >= GROUP_ROWS or self.bytes >= GROUP_BYTES:
                self.flush()

    def flush(self) -> None:
        """Begin to write the rows that wait as a group, when the one before is written."""
        self.settle()
        if self.rows:
            self.written = self.behind.submit(self._write, self.waiting)
        self.waiting, self.rows, self.bytes = [], 0, 0

    def settle(self) -> None:
        """Wait for the group in hand, and raise what its writing raised."""
        if self.written:
            self.written.result()

    def _write(self, frames: list[pl.DataFrame]) -> None:
        table = pl.concat(frames, rechunk=True).to_arrow().cast(self.writer.schema).combine_chunks()
        self.writer.write_table(table, row_group_size=table.num_rows)


def _bytes_of(name: str, dtype: pl.DataType) -> pl.Expr:
    """Count the bytes of a text, or of the texts of a list, or of those that each of its parts has."""
    if isinstance(dtype, pl.List):
        each, parts = pl.element(), dtype.inner.fields if isinstance(dtype.inner, pl.Struct) else ()
        texts = [each.struct.field(part.name) for part in parts] or [each]
        sizes = pl.sum_horizontal(text.str.len_bytes() for text in texts)
        return pl.col(name).list.eval(sizes).list.sum().fill_null(0).cast(pl.Int64)
    return pl.col(name).cast(pl.Binary).bin.size().fill_null(0).cast(pl.Int64)


@contextlib.contextmanager
def writing(
    path: Path, schema: Mapping[str, DataType], measured: Sequence[str], few: Sequence[str] = ()
) -> Generator[Groups]:
    """Open a Parquet file to be filled with rows.

    Args:
        measured: the columns whose bytes make a group full.
        few: columns worth a dictionary.
    """
    dictionary: Any = list(few)  # pyarrow says `bool`
    shape = pl.DataFrame(schema=schema).to_arrow().schema
    with (
        pq.ParquetWriter(path, shape, compression="zstd", use_dictionary=dictionary) as writer,
        ThreadPoolExecutor(1) as behind,
    ):
        groups = Groups(writer, measured, behind)
        yield groups
        groups.flush()
        groups.settle()


def groups_of(path: Path, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
    """Read a Parquet file, or some of its columns, a row group at a time; the next one is decoded meanwhile."""
    with pq.ParquetFile(path) as file:
        yield from in_order(
            lambda number: pl.DataFrame(file.read_row_group(number, columns=columns)),
            range(file.num_row_groups),
            at_once=1,
        )


def counted(path: Path) -> dict[str, int]:
    """Count the `rows` and `tokens` of a Parquet file."""
    return pl.scan_parquet(path).select(rows=pl.len(), tokens=pl.col("tokens").sum()).collect().row(0, named=True)
