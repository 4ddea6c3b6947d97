"""Write rows to Parquet in groups that depend on the rows alone, so that equal rows are equal bytes however they came."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.media import SCHEMA

GROUP_ROWS = 50_000
GROUP_BYTES = 32 << 20
FEW_VALUES = ("source", "label", "file", "reason")
"""Columns worth a dictionary."""


class Groups:
    """Gathers rows; a row group ends with the row that makes it GROUP_ROWS rows or GROUP_BYTES of `size_of`'s text.

    Args:
        measured: the column whose bytes count.
    """

    def __init__(self, writer: pq.ParquetWriter, measured: str) -> None:
        self.writer, self.measured = writer, measured
        self.waiting: list[pl.DataFrame] = []
        self.rows = self.bytes = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Take more rows."""
        ends = frame[self.measured].str.len_bytes().fill_null(0).cast(pl.Int64).cum_sum().to_numpy()
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
def writing(path: Path, schema: dict[str, Any], measured: str) -> Generator[Groups]:
    """Open a Parquet file to be filled with rows."""
    shape = pl.DataFrame(schema=schema).to_arrow().schema
    with pq.ParquetWriter(path, shape, compression="zstd", use_dictionary=[name for name in FEW_VALUES if name in schema]) as writer:  # pyright: ignore[reportArgumentType]
        groups = Groups(writer, measured)
        yield groups
        groups.flush()


def media_beside(rows: Path) -> Path:
    """Name the file of the media of these rows."""
    return rows.with_name(f"{rows.name}.media")


class MediaFile:
    """Writes media as they come, uncompressed, to be looked up by row in bounded memory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        self.file = pa.OSFile(str(self.path), "wb")
        self.writer = pa.ipc.new_file(self.file, SCHEMA)
        return self

    def add(self, media: pl.DataFrame) -> None:
        """Take more rows: `row_id` and `media`."""
        self.writer.write_table(media.to_arrow().cast(SCHEMA).combine_chunks())

    def __exit__(self, *_: object) -> None:
        self.writer.close()
        self.file.close()
