r"""Texts as hashed words and pairs of words.

A word is one of `tasks.text.words`, or a run of signs, in the lower-cased text (for spaced scripts NLTK's WordPunct, as
DSIR splits); a pair is two neighbouring words with one space between. Bucket = sha256 (as a whole number) modulo the
number of buckets: the same on every machine.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.core.imports import importing
from tasks.text.words import words_and_signs

BUCKETS = 10_000
"""As in DSIR's own code."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grams:
    """The n-grams of some texts, in no order.

    Attributes:
        row: number of the text that each n-gram stands in.
        bucket: of each n-gram; same shape.
        rows: how many texts there are; one may have no n-gram.
        buckets: how many buckets there are.
    """

    row: Ints
    bucket: Ints
    rows: int
    buckets: int

    def counts(self) -> Floats:
        """Count by bucket, shape (buckets,)."""
        return np.bincount(self.bucket, minlength=self.buckets).astype(float)

    def lengths(self) -> Floats:
        """Count by text, shape (rows,)."""
        return np.bincount(self.row, minlength=self.rows).astype(float)

    def sums(self, values: Floats) -> Floats:
        """Sum up a value of every bucket (buckets,) over each text's n-grams, shape (rows,)."""
        return np.bincount(self.row, weights=values[self.bucket], minlength=self.rows).astype(float)


def bucket_of(gram: str, buckets: int = BUCKETS) -> int:
    """Give the bucket of one word or pair."""
    return int.from_bytes(hashlib.sha256(gram.encode("utf-8", "surrogatepass")).digest()) % buckets


def grams(texts: pl.Series, *, buckets: int = BUCKETS, pairs: bool = True) -> Grams:
    """Hash the words of every text, and its pairs of words."""
    words = pl.DataFrame({"row": np.arange(len(texts)), "word": words_and_signs(texts, sign_runs=True)})
    words = words.explode("word").drop_nulls()
    parts = [words.select("row", gram="word")]
    if pairs:
        neighbour = words.with_columns(
            after=pl.col("word").shift(-1), same=pl.col("row") == pl.col("row").shift(-1)
        ).filter("same")
        parts.append(neighbour.select("row", gram=pl.concat_str("word", "after", separator=" ")))
    every = pl.concat(parts)
    distinct = every.select(pl.col("gram").unique())
    distinct = distinct.with_columns(
        bucket=pl.Series([bucket_of(gram, buckets) for gram in distinct["gram"]], dtype=pl.Int64)
    )
    every = every.join(distinct, on="gram", how="left")
    return Grams(every["row"].to_numpy(), every["bucket"].to_numpy(), len(texts), buckets)


def matrix(grams: Grams) -> Any:
    """Count n-grams by text, as a sparse matrix whose rows have length 1."""
    with importing:
        from scipy.sparse import csr_matrix

    places, counts = np.unique(grams.row * grams.buckets + grams.bucket, return_counts=True)
    row, bucket = np.divmod(places, grams.buckets)
    lengths = np.sqrt(np.bincount(row, weights=counts.astype(float) ** 2, minlength=grams.rows))
    return csr_matrix((counts / lengths[row], (row, bucket)), shape=(grams.rows, grams.buckets))
