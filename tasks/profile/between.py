"""How alike two sources are, by the n-grams they use."""

import math
from collections.abc import Sequence

import numpy as np

from tasks.profile.words import Numbers, Words, ngrams


def jensen_shannon(first: np.ndarray, second: np.ndarray) -> float:
    """Jensen-Shannon divergence of two distributions, in bits: H((p + q) / 2) - (H(p) + H(q)) / 2.

    In [0, 1]: 0 = the same, 1 = nothing in common. Counts are normalised; NaN if one has none. Lin, IEEE Trans. Inf.
    Theory 37 (1991).
    """
    if not first.sum() or not second.sum():
        return math.nan
    p, q = first / first.sum(), second / second.sum()
    return max(0.0, _bits((p + q) / 2) - (_bits(p) + _bits(q)) / 2)


def _bits(p: np.ndarray) -> float:
    positive = p[p > 0]
    return float(-(positive * np.log2(positive)).sum())


def total_variation(first: np.ndarray, second: np.ndarray) -> float:
    """Half the sum of the differences of two distributions: the share of one to move to get the other, in [0, 1]; NaN
    if one is empty.
    """
    if not first.sum() or not second.sum():
        return math.nan
    return float(np.abs(first / first.sum() - second / second.sum()).sum() / 2)


def overlap(first: Numbers, second: Numbers) -> float:
    """Overlap coefficient of two sets of n-grams, |A n B| / min(|A|, |B|), in [0, 1]: 1 = the smaller lies in the
    larger; NaN if one is empty.
    """
    a, b = np.unique(first), np.unique(second)
    smaller = min(len(a), len(b))
    return len(np.intersect1d(a, b, assume_unique=True)) / smaller if smaller else math.nan


def js_matrix(samples: Sequence[Words], n: int) -> list[list[float]]:
    """Jensen-Shannon divergence of the n-gram counts of every two samples; samples of equal size, since small ones look
    more apart.
    """
    grams = [ngrams(words, n) for words in samples]
    vocabulary = np.unique(np.concatenate([np.empty(0, np.int64), *grams]))
    counts = [np.bincount(np.searchsorted(vocabulary, own), minlength=len(vocabulary)) for own in grams]
    return [[jensen_shannon(p, q) for q in counts] for p in counts]


def overlap_matrix(samples: Sequence[Words], n: int) -> list[list[float]]:
    """Overlap coefficient of the different n-grams of every two samples; samples of equal size."""
    grams = [np.unique(ngrams(words, n)) for words in samples]
    return [[overlap(a, b) for b in grams] for a in grams]
