"""How far a source has moved from an earlier snapshot of it."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from tasks.core.rng import generator
from tasks.profile.between import jensen_shannon, js_matrix
from tasks.profile.counts import label_counts, label_distance
from tasks.profile.figures import told_plainly
from tasks.profile.sampling import sample_texts
from tasks.profile.words import draw, number_words
from tasks.rows.keys import digests

SAMPLE_ROWS = 20_000
"""Texts of each snapshot whose words are counted: with fewer, two samples of the same texts look apart."""
BATCH_ROWS = 50_000
LONGEST = 64
"""Bins of lengths: 0, 1, 2-3, 4-7 … characters."""


def drift(now: Path, before: Path, seed: int) -> dict[str, Any]:
    """Measure what changed between two snapshots, Parquet files with `text` and `label`.

    Returns:
        rows: |rows now / rows before - 1|, from 0; labels: total variation distance of the label shares, in [0, 1];
            lengths: Jensen-Shannon
        divergence of the lengths in characters, in bins that double, in bits; words: that of single words, on equal
        samples, in bits;
        new: share of the rows now whose text was not there before, in [0, 1]. All are 0 where nothing changed. And
            rows_now, rows_before.
        A measure that cannot be taken is null.
    """
    rows_now, rows_before = (pq.read_metadata(path).num_rows for path in (now, before))
    return told_plainly(
        {
            "rows": abs(rows_now / rows_before - 1) if rows_before else math.nan,
            "labels": label_distance(label_counts([now]), label_counts([before])),
            "lengths": jensen_shannon(_lengths(now), _lengths(before)),
            "words": _words_apart(now, before, seed),
            "new": share_of_new(now, before),
            "rows_now": rows_now,
            "rows_before": rows_before,
        }
    )


def _lengths(path: Path) -> np.ndarray:
    """Count texts by the number of bits of their length in characters, shape (LONGEST,)."""
    bits = LONGEST - pl.col("text").fill_null("").str.len_chars().cast(pl.UInt64).bitwise_leading_zeros()
    return np.bincount(
        pl.scan_parquet(path).select(bits).collect(engine="streaming").to_series().to_numpy(), minlength=LONGEST
    )


def _words_apart(now: Path, before: Path, seed: int) -> float:
    """Both are drawn alike, so that unchanged files give the same sample."""
    texts = {
        side: sample_texts([path], SAMPLE_ROWS, generator(seed, "drift"))
        for side, path in (("now", now), ("before", before))
    }
    words = number_words(texts)
    size = min(len(some.ids) for some in words.values())
    return js_matrix([draw(some, size, generator(seed, "drift words")) for some in words.values()], 1)[0][1]


def share_of_new(now: Path, before: Path) -> float:
    """Share of the rows whose text does not stand in the earlier file; NaN for no rows. Holds 16 bytes a row, not the
    texts.
    """
    known = pl.DataFrame({"key": pl.concat([pl.Series([], dtype=pl.Binary), *_keys(before)])}).unique()
    rows = new = 0
    for keys in _keys(now):
        rows += len(keys)
        new += pl.DataFrame({"key": keys}).join(known, on="key", how="anti").height
    return new / rows if rows else math.nan


def _keys(path: Path) -> Iterator[pl.Series]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=["text"]):
            yield digests(pl.Series(batch.column(0)))
