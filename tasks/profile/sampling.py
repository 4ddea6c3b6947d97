"""Samples of a fixed size, the same ones for the same seed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from tasks.rows.groups import groups_of


def sample_texts(paths: Sequence[Path], rows: int, rng: np.random.Generator) -> pl.Series:
    """Draw up to `rows` texts of Parquet files without repeating a row, in a random order; holds one row group at a
    time.
    """
    total = sum(pq.read_metadata(path).num_rows for path in paths)
    chosen = np.sort(rng.choice(total, min(rows, total), replace=False))
    found, start = list[str | None](), 0
    for texts in (group["text"] for path in paths for group in groups_of(path, ["text"])):
        first, after = np.searchsorted(chosen, (start, start + len(texts)))
        found += texts[chosen[first:after] - start].to_list()  # as a series they would hold the whole group
        start += len(texts)
    return pl.Series("text", found, pl.String).gather(rng.permutation(len(chosen)))
