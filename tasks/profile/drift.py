"""How far a source has moved from an earlier snapshot of it."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from tasks.core.layout import Layout
from tasks.core.rng import generator
from tasks.manifests.profile import Drift
from tasks.profile.between import jensen_shannon, js_matrix
from tasks.profile.counts import label_counts, label_distance
from tasks.profile.sampling import sample_texts
from tasks.profile.words import draw, number_words
from tasks.rows.keys import digests
from tasks.rows.layout import RowFile

SAMPLE_ROWS = 20_000
"""Texts of each snapshot whose words are counted: with fewer, two samples of the same texts look apart."""
BATCH_ROWS = 50_000
LONGEST = 64
"""Bins of lengths: 0, 1, 2-3, 4-7 … characters."""


def drift(now: Path, before: Path, seed: int, layout: Layout) -> Drift:
    """Measure what changed between two snapshots, Parquet files of one layout."""
    both = RowFile(now, layout), RowFile(before, layout)
    rows_now, rows_before = (file.rows for file in both)
    return Drift(
        rows=abs(rows_now / rows_before - 1) if rows_before else None,
        labels=label_distance(*(label_counts([file]) for file in both)),
        lengths=jensen_shannon(*map(_lengths, both)),
        words=_words_apart(*both, seed),
        new=share_of_new(*both),
        rows_now=rows_now,
        rows_before=rows_before,
    )


def _lengths(file: RowFile) -> np.ndarray:
    """Count texts by the number of bits of their length in characters, shape (LONGEST,)."""
    bits = LONGEST - pl.col("text").fill_null("").str.len_chars().cast(pl.UInt64).bitwise_leading_zeros()
    return np.bincount(file.scan().select(bits).collect(engine="streaming").to_series().to_numpy(), minlength=LONGEST)


def _words_apart(now: RowFile, before: RowFile, seed: int) -> float:
    """Both are drawn alike, so that unchanged files give the same sample."""
    texts = {
        side: sample_texts([file], SAMPLE_ROWS, generator(seed, "drift"))
        for side, file in (("now", now), ("before", before))
    }
    words = number_words(texts)
    size = min(len(own.ids) for own in words.values())
    return js_matrix([draw(own, size, generator(seed, "drift words")) for own in words.values()], 1)[0][1]


def share_of_new(now: RowFile, before: RowFile) -> float:
    """Share of the rows whose text does not stand in the earlier file; NaN for no rows. Holds 16 bytes a row, not the
    texts.
    """
    seen = pl.DataFrame({"key": pl.concat([pl.Series([], dtype=pl.Binary), *_keys(before)])}).unique()
    rows = new = 0
    for keys in _keys(now):
        rows += len(keys)
        new += pl.DataFrame({"key": keys}).join(seen, on="key", how="anti").height
    return new / rows if rows else math.nan


def _keys(file: RowFile) -> Iterator[pl.Series]:
    return (digests(rows["text"]) for rows in file.batches(BATCH_ROWS))
