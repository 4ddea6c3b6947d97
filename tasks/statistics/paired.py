"""Is a difference real? Tests on paired scores, by scipy; Holm's correction; the least difference that would have been
seen.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.imports import importing
from tasks.core.records import Section
from tasks.text.hashing import Floats, Ints

POWER = 0.8
"""Chance of seeing the least detectable difference."""
MOST_BCA = 5_000
"""With more rows than this the acceleration (a jackknife, rows² steps) costs more than it tells; the interval is then
the percentiles'."""


class OverSeeds(Section):
    """Paired t over seeds: mean and standard deviation of the differences, t, two-sided p, interval of the mean."""

    mean: float
    sd: float
    t: float | None
    p: float
    low: float
    high: float


class McNemar(Section):
    """Exact test of two models on the same rows: only the first is right on `b` of them, only the second on `c`."""

    b: int
    c: int
    p: float


def over_seeds(differences: Sequence[float] | Floats, confidence: float) -> OverSeeds | None:
    """Test whether the mean of paired differences is 0, one difference a seed; None with fewer than two."""
    with importing:
        from scipy.stats import ttest_1samp

    found = np.asarray(differences, float)
    if len(found) < 2:
        return None
    mean, sd = float(found.mean()), float(found.std(ddof=1))
    if sd <= 1e-15 * max(1.0, abs(mean)):
        return OverSeeds(mean=mean, sd=0.0, t=None, p=1.0 if mean == 0 else 0.0, low=mean, high=mean)
    test: Any = ttest_1samp(found, 0.0)
    low, high = test.confidence_interval(confidence)
    return OverSeeds(mean=mean, sd=sd, t=float(test.statistic), p=float(test.pvalue), low=float(low), high=float(high))


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> McNemar:
    """Test two models' answers to the same rows: p = P(Binomial(b + c, ½) at least as uneven); True where an answer is
    right.
    """
    with importing:
        from scipy.stats import binomtest

    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    return McNemar(b=b, c=c, p=float(binomtest(min(b, c), b + c, 0.5).pvalue) if b + c else 1.0)


def over_examples(
    values: Floats, weights: Floats, groups: Sequence[Ints], confidence: float, resamples: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Give the bootstrap interval (BCa: Efron 1987) of the mean over groups of Σ values / Σ weights, rows redrawn
    within their group.

    Args:
        values: of every row, such as its difference between two models; shape (n,).
        weights: 1, or the tokens of each row; shape (n,).
        groups: numbers of the rows of each group, none of them empty.
    """
    with importing:
        from scipy.stats import bootstrap

    def statistic(*drawn: Ints, axis: int = -1) -> Floats:
        return np.mean([values[rows].sum(axis) / weights[rows].sum(axis) for rows in drawn], axis=0)

    rows = sum(map(len, groups))
    if all(len(group) < 2 or np.ptp(values[group]) == np.ptp(weights[group]) == 0 for group in groups):
        point = float(statistic(*groups))
        return point, point
    method = "BCa" if rows <= MOST_BCA and min(map(len, groups)) > 1 else "percentile"
    found = bootstrap(
        groups,
        statistic,
        paired=False,
        vectorized=True,
        confidence_level=confidence,
        n_resamples=resamples,
        method=method,
        batch=200,
        rng=rng,
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def holm(chances: Sequence[float]) -> list[float]:
    """Correct p values for being several (Holm 1979): p̃ of the i-th smallest of m = max over j ≤ i of (m − j + 1) p_j,
    at most 1.
    """
    corrected, worst = [0.0] * len(chances), 0.0
    for rank, at in enumerate(sorted(range(len(chances)), key=lambda number: chances[number])):
        worst = max(worst, min(1.0, (len(chances) - rank) * chances[at]))
        corrected[at] = worst
    return corrected


def detectable(error: float, freedom: float, confidence: float) -> float:
    """Give the least difference seen four times in five: (t_{(1+confidence)/2} + t_0.8) · standard error.

    Args:
        error: standard error of the difference; sd/√S where seeds are all that varies.
        freedom: its degrees of freedom; S − 1 then.
    """
    with importing:
        from scipy.stats import t

    return (
        float((t.ppf((1 + confidence) / 2, freedom) + t.ppf(POWER, freedom)) * error) if math.isfinite(freedom) else 0.0
    )
