"""Bootstrap: what a score would have been on other rows, other documents, other seeds. Arrays in, numbers out.

What is redrawn is what may come out otherwise: rows of a classifier, documents of a language model (the tokens of one
hang together), and seeds, then rows, where models were trained several times.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.imports import importing
from tasks.statistics.intervals import IntervalEstimate, student_interval, welch_satterthwaite
from tasks.text.hashing import Floats, Ints

BLOCK = 8_000_000
"""Most numbers drawn at a time."""
MOST_BCA = 5_000
"""With more rows than this the acceleration (a jackknife, rows² steps) costs more than it tells; the interval is then
the percentiles'."""


def percentile_interval(replicates: Floats, confidence: float) -> tuple[float, float]:
    """Give the interval between the percentiles of bootstrap replicates (Efron & Tibshirani 1993, section 13.3)."""
    tail = 100 * (1 - confidence) / 2
    low, high = np.percentile(replicates, [tail, 100 - tail])
    return float(low), float(high)


def resampled_counts(counts: NDArray[np.int64], resamples: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw replicates of a table of counts, such as a confusion matrix; shape (resamples, *counts.shape).

    Drawing the counted examples with replacement is a multinomial draw over the cells of their table.
    """
    rows = int(counts.sum())
    return rng.multinomial(rows, counts.ravel() / rows, size=resamples).reshape(resamples, *counts.shape)


def resampled_sums(columns: Sequence[Floats], resamples: int, rng: np.random.Generator) -> Floats:
    """Draw rows with replacement and sum each column; shape (columns, resamples). A measure is a ratio of such sums.

    Args:
        columns: what was measured of every row, shape (rows,) each.
    """
    table = np.column_stack(columns)
    return np.stack([table[rng.integers(len(table), size=len(table))].sum(0) for _ in range(resamples)], axis=1)


@dataclass(frozen=True)
class RowGroups:
    """Rows that a score is made of.

    Attributes:
        groups: numbers of the rows of each group; a score is the mean over the groups, so that a large source does not
            decide alone.
        weights: 1 each, or their tokens, where a score is an amount per token; shape (n,).
    """

    groups: tuple[Ints, ...]
    weights: Floats

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(map(len, self.groups))

    def by_group(self, amounts: Floats) -> Floats:
        """Give Σ amounts / Σ weights of each group, shape (groups, ...) of amounts of shape (..., n)."""
        return np.stack([amounts[..., group].sum(-1) / self.weights[group].sum() for group in self.groups])

    def scores(self, amounts: Floats) -> Floats:
        """Give the mean of that over the groups, shape (...)."""
        return self.by_group(amounts).mean(0)


def hierarchical_replicates(
    amounts: Sequence[Floats], rows: RowGroups, resamples: int, rng: np.random.Generator
) -> tuple[list[Floats], list[Floats]]:
    """Redraw seeds, then rows, and give the scores again.

    The same rows are drawn for all amounts and all of their seeds, since all models answered the same rows, and the
    same seeds for all contrasts that have as many. Deviations of single seeds from their mean are widened by
    √(S/(S−1)), as the bootstrap of S values has only (S−1)/S of their variance.

    Args:
        amounts: of each contrast, shape (S, n); contrasts may have different numbers of seeds.

    Returns:
        For each contrast its replicates, shape (resamples,), and those with its seeds as they are.
    """
    stacked = np.concatenate(amounts).astype(np.float32)
    means = np.zeros((len(stacked), resamples))
    for group in rows.groups:
        part, weights, size = stacked[:, group], rows.weights[group].astype(np.float32), len(group)
        step = max(1, BLOCK // size)
        for start in range(0, resamples, step):
            # How often each row is drawn, for all replicates of the block in one count.
            count = min(step, resamples - start)
            places = rng.integers(size, size=(count, size)) + np.arange(count)[:, None] * size
            drawn = np.bincount(places.ravel(), minlength=count * size).reshape(count, size).astype(np.float32)
            means[:, start : start + count] += (part @ drawn.T) / (drawn @ weights) / len(rows.groups)
    parts = np.split(means, np.cumsum([len(contrast) for contrast in amounts])[:-1])
    chosen = {
        seeds: rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples).T / seeds
        for seeds in sorted({len(part) for part in parts})
    }
    return [_seeds_redrawn(part, chosen[len(part)]) for part in parts], [part.mean(0) for part in parts]


def _seeds_redrawn(means: Floats, chosen: Floats) -> Floats:
    if (seeds := len(means)) < 2:
        return means[0]
    middle = means.mean(0)
    return middle + math.sqrt(seeds / (seeds - 1)) * ((chosen * means).sum(0) - middle)


def hierarchical_intervals(
    amounts: Sequence[Floats],
    rows: RowGroups,
    confidence: float,
    resamples: int,
    rng: np.random.Generator,
    extra: Sequence[float] = (),
) -> tuple[list[IntervalEstimate], list[Floats]]:
    """Give estimate, interval and p of each contrast, over seeds and rows, and the replicates, which say how their
    errors hang together.

    The interval is Student's on the bootstrap's standard error, with the degrees of freedom by Welch and
    Satterthwaite: the bootstrap alone would take three to five seeds for all there are, and its intervals would hold
    the truth too rarely.

    Args:
        amounts: of each contrast, shape (S, n).
        extra: variance that each estimate has besides, from a sampling of its own.
    """
    replicates, rows_alone = hierarchical_replicates(amounts, rows, resamples, rng)
    added = list(extra) or [0.0] * len(amounts)
    intervals: list[IntervalEstimate] = []
    for contrast, redrawn, fixed, more in zip(amounts, replicates, rows_alone, added, strict=True):
        by_seed = rows.scores(contrast)
        of_seeds = float(by_seed.var(ddof=1)) / len(by_seed) if len(by_seed) > 1 else 0.0
        of_rows = float(fixed.var(ddof=1)) + more
        # Groups in which nothing differs tell nothing: a contrast may be of one source's rows.
        telling = sum(len(group) for group in rows.groups if contrast[:, group].any())
        freedom = welch_satterthwaite([(of_seeds, len(by_seed) - 1), (of_rows, telling - 1)])
        error = math.sqrt(float(redrawn.var(ddof=1)) + more)
        intervals.append(student_interval(float(by_seed.mean()), error, freedom, confidence))
    return intervals, replicates


def bca_interval(
    values: Floats, rows: RowGroups, confidence: float, resamples: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Give the bootstrap interval (BCa: Efron 1987) of the mean over groups of Σ values / Σ weights, rows redrawn
    within their group.

    Args:
        values: of every row, such as its difference between two models; shape (n,).
        rows: groups of them, none empty.
    """
    with importing:
        from scipy.stats import bootstrap

    groups, weights = rows.groups, rows.weights

    def statistic(*drawn: Ints, axis: int = -1) -> Floats:
        return np.mean([values[group].sum(axis) / weights[group].sum(axis) for group in drawn], axis=0)

    # Rows with one ratio have no spread, such as those of two models that answer alike, and nothing to correct for.
    if all(_one_ratio(values[group], weights[group]) for group in groups):
        point = float(statistic(*groups))
        return point, point
    replicates = bootstrap(
        groups,
        statistic,
        paired=False,
        vectorized=True,
        confidence_level=confidence,
        n_resamples=resamples,
        method="BCa" if rows.count <= MOST_BCA and min(map(len, groups)) > 1 else "percentile",
        batch=200,
        rng=rng,
    )
    return float(replicates.confidence_interval.low), float(replicates.confidence_interval.high)


def _one_ratio(values: Floats, weights: Floats) -> bool:
    return bool(np.allclose(values * weights.sum(), weights * values.sum(), rtol=1e-12, atol=0))
