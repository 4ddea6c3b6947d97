"""Write the rows of a plan to Parquet shards: the same bytes for the same plan, in bounded memory, one shard after the other."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.mix.plan import Plan

COLUMNS = ("row_id", "source", "text", "label", "tokens")


def shards(rows: int, shard_rows: int) -> list[tuple[str, slice]]:
    """Name the shards of a mix and say which rows of the plan each holds."""
    starts = range(0, max(rows, 1), shard_rows)
    return [(f"data/train-{number:05d}.parquet", slice(start, min(start + shard_rows, rows))) for number, start in enumerate(starts)]


def gather(plan: Plan, part: slice, sources: Sequence[str], files: Mapping[str, Path]) -> pl.DataFrame:
    """Fetch the rows of one part of the plan, in its order; columns are `COLUMNS`."""
    source, row = plan.source[part], plan.row[part]
    frames: list[pl.DataFrame] = []
    places: list[NDArray[np.intp]] = []
    for index in np.unique(source):
        where = np.flatnonzero(source == index)
        frames.append(_rows(files[sources[int(index)]], row[where]))
        places.append(where)
    if not frames:
        return pl.DataFrame()
    order = np.argsort(np.concatenate(places), kind="stable")
    return pl.concat(frames)[order]


def _rows(file: Path, wanted: NDArray[np.uint32]) -> pl.DataFrame:
    """Read the wanted rows of a file, in the order wanted; a row may be wanted more than once."""
    distinct, back = np.unique(wanted, return_inverse=True)
    numbers = pl.LazyFrame({"__row": pl.Series(distinct, dtype=pl.UInt32)})
    table = pl.scan_parquet(file).with_row_index("__row").join(numbers, on="__row", how="semi", maintain_order="left")
    return table.select(COLUMNS).collect(engine="streaming")[back]
