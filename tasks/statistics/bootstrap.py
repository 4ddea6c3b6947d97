"""The headline's interval: seeds are redrawn, then the rows kept aside; both are why another comparison would come out
otherwise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.core.imports import importing
from tasks.core.records import Section
from tasks.text.hashing import Floats, Ints

BLOCK = 8_000_000
"""Most numbers drawn at a time."""
SAME = 1e-15


@dataclass(frozen=True)
class Rows:
    """The rows kept aside that are judged on.

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

    def scores(self, amounts: Floats) -> Floats:
        """Give the mean over the groups of Σ amounts / Σ weights, shape (...) of amounts of shape (..., n)."""
        parts = [amounts[..., group].sum(-1) / self.weights[group].sum() for group in self.groups]
        return np.mean(parts, axis=0)


class Spread(Section):
    """An estimate and how sure it is.

    The interval is estimate ± t · error, with the degrees of freedom by Welch and Satterthwaite: the bootstrap alone
    would take three to
    five seeds for all there are, and its intervals would hold the truth too rarely.
    """

    estimate: float
    low: float
    high: float
    p: float
    """Two-sided, for a true value of 0."""
    error: float
    freedom: float


def redrawn(
    amounts: Sequence[Floats], rows: Rows, resamples: int, rng: np.random.Generator
) -> tuple[list[Floats], list[Floats]]:
    """Redraw seeds, then rows, and give the scores again.

    The same rows are drawn for all amounts and all of their seeds, since all models answered the same rows. Deviations
    of single seeds from
    their mean are widened by √(S/(S−1)), as the bootstrap of S values has only (S−1)/S of their variance.

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
            count = min(step, resamples - start)
            places = rng.integers(size, size=(count, size)) + np.arange(count)[:, None] * size
            drawn = np.bincount(places.ravel(), minlength=count * size).reshape(count, size).astype(np.float32)
            means[:, start : start + count] += (part @ drawn.T) / (drawn @ weights) / len(rows.groups)
    parts = np.split(means, np.cumsum([len(one) for one in amounts])[:-1])
    return [_seeds_redrawn(part, rng) for part in parts], [part.mean(0) for part in parts]


def _seeds_redrawn(means: Floats, rng: np.random.Generator) -> Floats:
    seeds, resamples = means.shape
    if seeds < 2:
        return means[0]
    chosen = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples).T / seeds
    middle = means.mean(0)
    return middle + math.sqrt(seeds / (seeds - 1)) * ((chosen * means).sum(0) - middle)


def spreads(
    amounts: Sequence[Floats],
    rows: Rows,
    confidence: float,
    resamples: int,
    rng: np.random.Generator,
    extra: Sequence[float] = (),
) -> list[Spread]:
    """Give estimate, interval and p of each contrast.

    Args:
        amounts: of each contrast, shape (S, n).
        extra: variance that each estimate has besides, from a sampling of its own.
    """
    both, only_rows = redrawn(amounts, rows, resamples, rng)
    added = list(extra) or [0.0] * len(amounts)
    found: list[Spread] = []
    for one, replicates, fixed, more in zip(amounts, both, only_rows, added, strict=True):
        by_seed = rows.scores(one)
        of_seeds = float(by_seed.var(ddof=1)) / len(by_seed) if len(by_seed) > 1 else 0.0
        of_rows = float(fixed.var(ddof=1))
        error = math.sqrt(float(replicates.var(ddof=1)) + more)
        freedom = _freedom(of_seeds, len(by_seed) - 1, of_rows + more, rows.count - 1)
        found.append(_spread(float(by_seed.mean()), error, freedom, confidence))
    return found


def _freedom(first: float, first_freedom: int, second: float, second_freedom: int) -> float:
    """Give the degrees of freedom of the sum of two variances (Welch–Satterthwaite)."""
    parts = [
        (part, max(freedom, 1))
        for part, freedom in ((first, first_freedom), (second, second_freedom))
        if part > SAME**2
    ]
    bottom = sum(part**2 / freedom for part, freedom in parts)
    return sum(part for part, _ in parts) ** 2 / bottom if bottom else float(max(second_freedom, 1))


def at_confidence(spread: Spread, confidence: float) -> Spread:
    """Give the same estimate with an interval of another confidence."""
    return _spread(spread.estimate, spread.error, spread.freedom, confidence)


def _spread(estimate: float, error: float, freedom: float, confidence: float) -> Spread:
    with importing:
        from scipy.stats import t

    if error <= SAME:
        return Spread(
            estimate=estimate,
            low=estimate,
            high=estimate,
            p=1.0 if abs(estimate) <= SAME else 0.0,
            error=0.0,
            freedom=freedom,
        )
    half = float(t.ppf((1 + confidence) / 2, freedom)) * error
    chance = float(2 * t.sf(abs(estimate) / error, freedom))
    return Spread(estimate=estimate, low=estimate - half, high=estimate + half, p=chance, error=error, freedom=freedom)
