"""Reads one column of several Parquet files as one long list of rows, a few thousand at a time."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from tasks.rows.keys import MEDIA_KEY
from tasks.similarity.shingles import Places

BATCH_ROWS = 4096
HOLDOUT = "holdout/"
"""Put before a source's name for its hold-out file; a slash is in no source's name."""


def rows_of(sources: Mapping[str, Path]) -> Places:
    """Give the number of rows of every file."""
    return np.array([pq.read_metadata(path).num_rows for path in sources.values()], np.int64)


def batches(sources: Mapping[str, Path], column: str) -> Iterator[pl.Series]:
    """Read one column of all files in order."""
    for path in sources.values():
        with pq.ParquetFile(path) as file:
            yield from (pl.DataFrame(batch)[column] for batch in file.iter_batches(BATCH_ROWS, columns=[column]))


def at(sources: Mapping[str, Path], column: str, rows: Places) -> Iterator[pl.Series]:
    """Read the values of one column at some rows, numbered through all files; `rows` ascending."""
    first = 0
    for values in batches(sources, column):
        start, stop = np.searchsorted(rows, [first, first + len(values)])
        if stop > start:
            yield values.gather(rows[start:stop] - first)
        first += len(values)


def told(sources: Mapping[str, Path], rows: Places) -> tuple[pl.Series, Places]:
    """Tell rows, numbered through all files, as names of files and numbers in them."""
    sizes = rows_of(sources)
    file = np.searchsorted(np.cumsum(sizes), rows, side="right")
    return pl.Series(list(sources), dtype=pl.String).gather(file), rows - (np.cumsum(sizes) - sizes)[file]


def texts_alone(files: Mapping[str, Path]) -> dict[str, Path]:
    """Leave out the files of rows with media, which may have like captions and be nothing alike."""
    return {name: path for name, path in files.items() if MEDIA_KEY not in pl.read_parquet_schema(path)}
