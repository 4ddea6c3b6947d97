"""Rows on their way from the order of the sources to the order of the mix: one temporary file, read back by shard.

Every source is read once from front to back and its rows are appended to the file in pieces, one piece a shard; a shard
is then put together from its pieces. Memory is that of one piece of reading and of one shard, whatever the size of the
mix; the disk holds the mix once, uncompressed.
"""

import itertools
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tasks.rows.keys import MEDIA_KEY

PLACE = "__place"
PIECE_BYTES = 16 << 20
PIECE_ROWS = 65_536
"""A piece of reading is the smaller of the two."""


class Spill:
    """The temporary file and where in it the pieces of each shard lie.

    Args:
        file: empty, open for writing and reading.
        schema: of the rows, as their files declare it.
    """

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self.file, self.schema = file, schema.append(pa.field(PLACE, pa.uint32()))
        self.pieces: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        """Shard -> offset and length of each piece."""

    def add_source(self, path: Path, rows: NDArray[np.uint32], places: NDArray[np.uint32], shard_rows: int) -> None:
        """Append the rows of one source that the mix wants.

        Args:
            path: Parquet of the source.
            rows: row numbers wanted, in any order and any number of times.
            places: where in the mix each of them stands.
            shard_rows: places in a shard.
        """
        # One number for both, so that one plain sort gives the rows in the order in which they are read.
        wanted = rows.astype(np.uint64)
        wanted <<= np.uint64(32)
        wanted |= places
        wanted.sort()
        start = done = 0
        for batch in _batches(path, self.schema.names[:-1]):
            stop = int(np.searchsorted(wanted, np.uint64((start + len(batch)) << 32)))
            for first in range(done, stop, len(batch)):
                self._add(batch, start, wanted[first : min(first + len(batch), stop)], shard_rows)
            start, done = start + len(batch), stop

    def _add(self, batch: pa.RecordBatch, start: int, wanted: NDArray[np.uint64], shard_rows: int) -> None:
        """Append rows of one batch, whose first one is row `start` of the source."""
        places = wanted.astype(np.uint32)
        order = np.argsort(places)
        rows = batch.take(pa.array((wanted[order] >> np.uint64(32)).astype(np.int64) - start))
        places = places[order]
        rows = pa.RecordBatch.from_arrays([*rows.columns, pa.array(places)], names=self.schema.names).cast(self.schema)
        shards = places // np.uint32(shard_rows)
        edges = [0, *(np.flatnonzero(np.diff(shards)) + 1).tolist(), len(places)]
        for first, stop in itertools.pairwise(edges):
            piece = rows.slice(first, stop - first).serialize()
            self.pieces[int(shards[first])].append((self.file.tell(), piece.size))
            self.file.write(piece)

    def shard(self, number: int) -> pl.DataFrame:
        """Read one shard back, in the order of the mix, as one chunk; may be called by several threads once all is
        added.
        """
        read = (os.pread(self.file.fileno(), length, offset) for offset, length in self.pieces[number])
        batches = [pa.ipc.read_record_batch(pa.py_buffer(piece), self.schema) for piece in read]
        rows = pa.Table.from_batches(batches, self.schema)
        return pl.DataFrame(rows).sort(PLACE).drop(PLACE).rechunk()


def schema_of(path: Path) -> pa.Schema:
    """Give the columns of a source's rows that stand in the mix."""
    declared = pq.read_schema(path)
    kept = [pa.field(field.name, field.type) for field in declared if field.name != MEDIA_KEY]
    return pa.schema(kept)


def _batches(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False) as file:
        size = sum(file.metadata.row_group(number).total_byte_size for number in range(file.num_row_groups))
        rows = PIECE_BYTES * file.metadata.num_rows // max(size, 1)
        for batch in file.iter_batches(min(max(rows, 1), PIECE_ROWS), columns=columns):
            yield batch.select(columns)
