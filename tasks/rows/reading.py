"""Reads one column of several Parquet files as one long list of rows, a few thousand at a time, or a few rows alone."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from tasks.rows.files import TRAIN
from tasks.rows.keys import MEDIA_KEY

BATCH_ROWS = 4096
Sides = Mapping[str, Mapping[str, Path]]
"""Side of the pool -> source -> Parquet file, sources in the recipe's order."""
Places = np.ndarray[tuple[int], np.dtype[np.int64]]


def kept_aside(sides: Sides) -> dict[str, Path]:
    """Give the files that nothing is trained on, each named `<side>/<source>`; a slash is in no source's name."""
    return {
        f"{side}/{source}": path for side, files in sides.items() if side != TRAIN for source, path in files.items()
    }


def rows_of(sources: Mapping[str, Path]) -> Places:
    """Give the number of rows of every file."""
    return np.array([pq.read_metadata(path).num_rows for path in sources.values()], np.int64)


def batches(sources: Mapping[str, Path], column: str) -> Iterator[pl.Series]:
    """Read one column of all files in order."""
    for path in sources.values():
        with pq.ParquetFile(path) as file:
            yield from (pl.DataFrame(batch)[column] for batch in file.iter_batches(BATCH_ROWS, columns=[column]))


def values_at(sources: Mapping[str, Path], column: str, rows: Places) -> Iterator[pl.Series]:
    """Read the values of one column at some rows, numbered through all files; `rows` ascending."""
    first = 0
    for values in batches(sources, column):
        start, stop = np.searchsorted(rows, [first, first + len(values)])
        if stop > start:
            yield values.gather(rows[start:stop] - first)
        first += len(values)


def rows_at(sources: Mapping[str, Path], name: pl.Series, row: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
    """Read a few rows, each given by the name of its file and its number there, and no row group without one."""
    wanted = pl.DataFrame({"name": name, "row": row}, schema={"name": pl.String, "row": pl.Int64})
    parts = [pl.DataFrame(schema=wanted.schema | dict.fromkeys(columns, pl.String))]
    for (file,), rows in wanted.unique().group_by("name", maintain_order=True):
        places = rows["row"].sort().to_numpy()
        parts += [part.with_columns(name=pl.lit(file)) for part in _row_groups(sources[str(file)], places, columns)]
    values = pl.concat(parts, how="diagonal")
    return wanted.join(values, on=["name", "row"], how="left", maintain_order="left").select(columns)


def _row_groups(path: Path, rows: Places, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    with pq.ParquetFile(path) as file:
        ends = np.cumsum([file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)])
        groups = np.searchsorted(ends, rows, side="right")
        for number in np.unique(groups).tolist():
            inside = rows[groups == number]
            frame = pl.DataFrame(file.read_row_group(number, columns=list(columns)))
            yield frame[inside - (ends[number] - frame.height)].with_columns(row=pl.Series(inside))


def locate(sources: Mapping[str, Path], rows: Places) -> tuple[pl.Series, Places]:
    """Give rows, numbered through all files, by names of files and numbers in them."""
    sizes = rows_of(sources)
    file = np.searchsorted(np.cumsum(sizes), rows, side="right")
    return pl.Series(list(sources), dtype=pl.String).gather(file), rows - (np.cumsum(sizes) - sizes)[file]


def texts_alone(files: Mapping[str, Path]) -> dict[str, Path]:
    """Leave out the files of rows with media, which may have like captions and be nothing alike."""
    return {name: path for name, path in files.items() if MEDIA_KEY not in pl.read_parquet_schema(path)}
