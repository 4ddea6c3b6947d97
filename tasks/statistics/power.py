"""What a comparison of two mixes can see, said before anything is tried: the smallest difference that is found four
times in five, and the hold-out rows or seeds that it takes to find a given one. Numbers in, numbers out.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from tasks.core.imports import importing
from tasks.core.records import Section
from tasks.statistics.intervals import POWER, ZERO

MOST_ROWS, MOST_SEEDS = 10_000_000, 1_000
"""Larger numbers are not named."""
POINTS = (np.arange(200) + 0.5) / 200
"""Quantiles of the variance over seeds that a power is the mean over."""


class Spread(Section):
    """How much the difference of two models varies.

    Attributes:
        rows: variance d over rows of a row's difference, averaged over the seeds. Where answers are right or wrong and
            the difference is small, that is at most the share of the rows on which the two disagree ((b + c) / n of
            McNemar's test).
        seeds: standard deviation σ of the difference over seeds.
    """

    rows: float
    seeds: float


def power(difference: float, spread: Spread, rows: Sequence[float], seeds: int, confidence: float) -> float:
    """Give the chance that the interval of a true difference of two scores lies above 0.

    The estimate has the variance v + u, v = Σ_k d / (n_k K²) of rows in K groups and u = σ²/S of S seeds. The interval
    is Student's on v + û with Welch and Satterthwaite's degrees of freedom. S seeds estimate u badly, û = u χ² / (S −
    1), so that power is the mean over it: E Φ((difference − t √(v + û)) / √(v + u)). With one group and many seeds
    that is Φ(difference / √(d/n) − 1.96), whence the familiar 2.8 √(d/n) for a power of 80 % (Cohen 1988; for paired
    answers Connor 1987).

    Args:
        rows: of each group.
        confidence: of the interval by itself, after correction for how many differences are looked at.
    """
    with importing:
        from scipy.special import chdtri, ndtr, stdtrit

    of_rows = spread.rows * math.fsum(1 / count for count in rows) / len(rows) ** 2
    of_seeds = spread.seeds**2 / seeds
    if (true := math.sqrt(of_rows + of_seeds)) <= ZERO:
        return float(difference > 0)
    estimated = of_seeds * chdtri(seeds - 1, POINTS) / (seeds - 1)
    whole = of_rows + estimated
    freedom = whole**2 / (estimated**2 / (seeds - 1) + of_rows**2 / max(math.fsum(rows) - 1, 1))
    least = stdtrit(freedom, (1 + confidence) / 2) * np.sqrt(whole)
    return float(np.mean(ndtr((difference - least) / true)))


def smallest_seen(spread: Spread, rows: Sequence[float], seeds: int, confidence: float) -> float:
    """Give the smallest difference of two scores that is found with 80 % power; see `power`."""
    low, high = 0.0, 1e-9
    while power(high, spread, rows, seeds, confidence) < POWER:
        low, high = high, 2 * high
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        enough = power(middle, spread, rows, seeds, confidence) >= POWER
        low, high = (low, middle) if enough else (middle, high)
    return high


def rows_for(difference: float, spread: Spread, rows: Sequence[int], seeds: int, confidence: float) -> int | None:
    """Give how many rows in all find a difference four times in five, at as many seeds, the groups growing alike; None
    where no number does, since what seeds add is no smaller.
    """

    def enough(total: int) -> bool:
        grown = [count * total / sum(rows) for count in rows]
        return power(difference, spread, grown, seeds, confidence) >= POWER

    return _fewest(enough, 2 * len(rows), MOST_ROWS)


def seeds_for(difference: float, spread: Spread, rows: Sequence[int], confidence: float) -> int | None:
    """Give how many seeds find a difference four times in five with so many rows; None where no number does."""
    return _fewest(lambda seeds: power(difference, spread, rows, seeds, confidence) >= POWER, 2, MOST_SEEDS)


def rows_and_seeds_for(
    difference: float, spread: Spread, rows: Sequence[int], seeds: int, confidence: float
) -> tuple[int | None, int]:
    """Give how many rows in all, and seeds, find a difference four times in five: as many seeds as there are where rows
    can do it with these, else twice those that would do with rows without end.
    """
    found = rows_for(difference, spread, rows, seeds, confidence)
    without_end = seeds_for(difference, spread, [MOST_ROWS], confidence) if found is None else None
    if without_end is None:
        return found, seeds
    return rows_for(difference, spread, rows, 2 * without_end, confidence), 2 * without_end


def of_each(several: int, confidence: float) -> float:
    """Give the confidence of each of several intervals that makes all of them hold, whatever hangs together among them
    (Bonferroni): what max-T, which reads that off the trials, needs at most.
    """
    return 1 - (1 - confidence) / several


def _fewest(enough: Callable[[int], bool], least: int, most: int) -> int | None:
    """Find the smallest number that is enough, of those from `least` to `most`, to a thousandth of it.

    More rows are not always better: with ever less noise from the rows, what is left are few seeds, whose t is wide. So
    numbers are walked up, a tenth more each, to the first that is enough.
    """
    before, number = least - 1, least
    while number <= most and not enough(number):
        before, number = number, max(number + 1, math.ceil(1.1 * number))
    if number > most:
        return None
    while number - before > max(1, number // 1_000):
        middle = (before + number) // 2
        before, number = (before, middle) if enough(middle) else (middle, number)
    return number
