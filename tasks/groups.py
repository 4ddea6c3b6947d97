"""Rows in Parquet files, in groups that depend on the rows alone: equal rows are equal bytes however they came, and a group at a time is read."""

import contextlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

GROUP_ROWS = 16_384
GROUP_BYTES = 4 << 20
"""Few enough that a group, decoded, encoded and compressed, is little beside the libraries that do it."""
FEW_VALUES = ("source", "label", "file", "reason")
"""Columns worth a dictionary."""


class Groups:
    """Gathers rows; a row group ends with the row that makes it GROUP_ROWS rows or GROUP_BYTES of text.

    Args:
        measured: the column whose bytes count.
    """

    def __init__(self, writer: pq.ParquetWriter, measured: str) -> None:
        self.writer, self.measured = writer, measured
        self.waiting: list[pl.DataFrame] = []
        self.rows = self.bytes = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Take more rows."""
        ends = frame[self.measured].cast(pl.Binary).bin.size().fill_null(0).cast(pl.Int64).cum_sum().to_numpy()
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
        """Write the rows that wait as a group."""
        if self.rows:
            table = pl.concat(self.waiting, rechunk=True).to_arrow().cast(self.writer.schema).combine_chunks()
            self.writer.write_table(table, row_group_size=table.num_rows)
        self.waiting, self.rows, self.bytes = [], 0, 0


@contextlib.contextmanager
def writing(path: Path, schema: Mapping[str, Any], measured: str) -> Generator[Groups]:
    """Open a Parquet file to be filled with rows."""
    shape = pl.DataFrame(schema=schema).to_arrow().schema
    with pq.ParquetWriter(path, shape, compression="zstd", use_dictionary=[name for name in FEW_VALUES if name in schema]) as writer:  # pyright: ignore[reportArgumentType]
        groups = Groups(writer, measured)
        yield groups
        groups.flush()


def groups_of(path: Path, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
    """Read a Parquet file, or some of its columns, a row group at a time."""
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            yield pl.DataFrame(file.read_row_group(number, columns=columns))


def copy_rows(path: Path, kept: Mapping[Path, pl.Series]) -> None:
    """Write some rows of a file to each of several others, in their order, reading it once.

    Args:
        path: Parquet of rows with `text`.
        kept: file to write -> one truth value for each row.
    """
    schema = pl.read_parquet_schema(path)
    with contextlib.ExitStack() as stack:
        files = [(stack.enter_context(writing(out, schema, "text")), chosen) for out, chosen in kept.items()]
        at = 0
        for rows in groups_of(path):
            for file, chosen in files:
                file.add(rows.filter(chosen.slice(at, rows.height)))
            at += rows.height
