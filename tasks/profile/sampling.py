"""Samples of a fixed size, the same ones for the same seed."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from tasks.rows.groups import groups_of
from tasks.rows.layout import RowFile, compared_text


def sample_texts(files: Sequence[RowFile], rows: int, rng: np.random.Generator) -> pl.Series:
    """Draw up to `rows` texts of Parquet files without repeating a row, in a random order; holds one row group at a
    time.
    """
    total = sum(file.rows for file in files)
    chosen = np.sort(rng.choice(total, min(rows, total), replace=False))
    drawn, start = list[str | None](), 0
    groups = ((file, group) for file in files for group in groups_of(file.path, file.layout.compared))
    for file, group in groups:
        texts = group.select(compared_text(file.layout)).to_series()
        first, after = np.searchsorted(chosen, (start, start + len(texts)))
        drawn += texts[chosen[first:after] - start].to_list()  # as a series they would hold the whole group
        start += len(texts)
    return pl.Series("text", drawn, pl.String).gather(rng.permutation(len(chosen)))
