"""Reads the texts of several files as one long list of rows, a few thousand at a time, or a few rows alone."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from tasks.rows.files import TRAIN
from tasks.rows.keys import MEDIA_KEY
from tasks.rows.layout import RowFile, compared_text

BATCH_ROWS = 4096
Sides = Mapping[str, Mapping[str, RowFile]]
"""Side of the pool -> source -> Parquet file, sources in the recipe's order."""
Places = np.ndarray[tuple[int], np.dtype[np.int64]]


def kept_aside(sides: Sides) -> dict[str, RowFile]:
    """Give the files that nothing is trained on, each named `<side>/<source>`; a slash is in no source's name."""
    return {
        f"{side}/{source}": path for side, files in sides.items() if side != TRAIN for source, path in files.items()
    }


def rows_of(sources: Mapping[str, RowFile]) -> Places:
    """Give the number of rows of every file."""
    return np.array([file.rows for file in sources.values()], np.int64)


def batches(sources: Mapping[str, RowFile]) -> Iterator[pl.Series]:
    """Read the texts that are compared of all files in order."""
    for file in sources.values():
        yield from file.texts(BATCH_ROWS)


def texts_at(sources: Mapping[str, RowFile], rows: Places) -> Iterator[pl.Series]:
    """Read the texts at some rows, numbered through all files; `rows` ascending."""
    first = 0
    for values in batches(sources):
        start, stop = np.searchsorted(rows, [first, first + len(values)])
        if stop > start:
            yield values.gather(rows[start:stop] - first)
        first += len(values)


def rows_at(sources: Mapping[str, RowFile], name: pl.Series, row: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
    """Read a few rows, each given by the name of its file and its number there, and no row group without one.

    Args:
        columns: `text` is what is compared of a row.
    """
    wanted = pl.DataFrame({"name": name, "row": row}, schema={"name": pl.String, "row": pl.Int64})
    parts = [pl.DataFrame(schema=wanted.schema | dict.fromkeys(columns, pl.String))]
    for (file,), rows in wanted.unique().group_by("name", maintain_order=True):
        places = rows["row"].sort().to_numpy()
        parts += [part.with_columns(name=pl.lit(file)) for part in _row_groups(sources[str(file)], places, columns)]
    values = pl.concat(parts, how="diagonal")
    return wanted.join(values, on=["name", "row"], how="left", maintain_order="left").select(columns)


def _row_groups(source: RowFile, rows: Places, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    compared = source.layout.compared if "text" in columns else ()
    wanted = [*(name for name in columns if name != "text"), *compared]
    shown = [compared_text(source.layout) if name == "text" else pl.col(name) for name in columns]
    with pq.ParquetFile(source.path) as file:
        ends = np.cumsum([file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)])
        groups = np.searchsorted(ends, rows, side="right")
        for number in np.unique(groups).tolist():
            inside = rows[groups == number]
            frame = pl.DataFrame(file.read_row_group(number, columns=wanted)).select(shown)
            yield frame[inside - (ends[number] - frame.height)].with_columns(row=pl.Series(inside))


def locate(sources: Mapping[str, RowFile], rows: Places) -> tuple[pl.Series, Places]:
    """Give rows, numbered through all files, by names of files and numbers in them."""
    sizes = rows_of(sources)
    file = np.searchsorted(np.cumsum(sizes), rows, side="right")
    return pl.Series(list(sources), dtype=pl.String).gather(file), rows - (np.cumsum(sizes) - sizes)[file]


def texts_alone(files: Mapping[str, RowFile]) -> dict[str, RowFile]:
    """Leave out the files of rows with media, which may have like captions and be nothing alike."""
    return {name: file for name, file in files.items() if MEDIA_KEY not in pl.read_parquet_schema(file.path)}
