"""Pairs of near duplicates to look at, for reports."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from tasks.similarity.reading import at, rows_of
from tasks.similarity.shingles import Places


def example_pairs(dropped: pl.DataFrame, sources: Mapping[str, Path], count: int, by: str = "jaccard") -> pl.DataFrame:
    """Choose pairs evenly from the least to the most similar and fetch their texts.

    Args:
        dropped: as `find_near_duplicates` gives it.
        sources: the same files, in the same order.
        count: most pairs wanted.
        by: the column that says how similar a pair is.

    Returns:
        The lines of `dropped`, the least similar first, with `text` and `survivor_text`.
    """
    by_likeness = dropped.sort(by, "source", "row")
    places = np.unique(np.linspace(0, len(dropped) - 1, min(count, len(dropped))).round().astype(np.int64))
    chosen = by_likeness[places]
    texts = (
        texts_at(chosen[source], chosen[row], sources)
        for source, row in (("source", "row"), ("survivor_source", "survivor_row"))
    )
    return chosen.with_columns(**dict(zip(("text", "survivor_text"), texts, strict=True)))


def texts_at(source: pl.Series, row: pl.Series, sources: Mapping[str, Path]) -> pl.Series:
    """Fetch the texts of some rows, told by file and row number."""
    if not len(row):
        return pl.Series([], dtype=pl.String)
    sizes = rows_of(sources)
    firsts = pl.Series(np.cumsum(sizes) - sizes)
    names = {name: number for number, name in enumerate(sources)}
    rows: Places = (row + firsts.gather(source.replace_strict(names, return_dtype=pl.Int64))).to_numpy()
    distinct, places = np.unique(rows, return_inverse=True)
    return pl.concat(list(at(sources, "text", distinct))).gather(places)
