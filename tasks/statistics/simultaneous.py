"""Several differences looked at together: how wide intervals must be for all of them to hold, and what beats all.

Estimates whose errors hang together, since the same rows and seeds are behind them, need less correction than separate
ones do: the correction is read off their bootstrap replicates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.core.imports import importing
from tasks.statistics.intervals import ZERO, IntervalEstimate
from tasks.text.hashing import Floats


@dataclass(frozen=True)
class MaxT:
    """The largest |t| of several differences where none is true (max-T: Westfall & Young 1993), as the p that it would
    have alone; so differences with other degrees of freedom can stand together.

    Attributes:
        least: smallest p of each replicate, in order.
        several: how many differences there are.
    """

    least: Floats
    several: int

    def corrected(self, p: float) -> float:
        """Correct a p for being one of several: the chance that the smallest of all is no larger. Never below p, nor
        above Bonferroni's.
        """
        reached = (np.searchsorted(self.least, p, "right") + 1) / (len(self.least) + 1)
        return min(max(float(reached), p), self.several * p, 1.0)

    def confidence_of_each(self, confidence: float) -> float:
        """Give the confidence of each interval that makes all of them hold with this one."""
        rest = 1 - confidence
        least = float(np.quantile(self.least, rest, method="inverted_cdf"))
        return 1 - min(max(least, rest / self.several), rest)


def max_t(replicates: Sequence[Floats]) -> MaxT:
    """Find how the errors of several differences hang together.

    Args:
        replicates: of each difference, shape (R,) each, redrawn together.
    """
    with importing:
        from scipy.special import ndtr

    drawn = np.stack(replicates)
    spread = drawn.std(1, keepdims=True)
    deviations = (drawn - drawn.mean(1, keepdims=True)) / np.where(spread > ZERO, spread, np.inf)
    return MaxT(np.sort(2 * ndtr(-np.abs(deviations).max(0))), len(drawn))


def together(intervals: Sequence[IntervalEstimate], family: MaxT, confidence: float) -> list[IntervalEstimate]:
    """Widen intervals so that all of them hold with this confidence."""
    of_each = family.confidence_of_each(confidence)
    return [interval.at(of_each) for interval in intervals]


@dataclass(frozen=True)
class OverTheBest:
    """The difference to the best of several, of which it is not known beforehand which one is best.

    Attributes:
        estimate: least of the differences.
        low: least lower limit of each interval by itself. Above 0 all are beaten, and for that nothing needs correcting
            (intersection-union: Berger 1982).
        high: least upper limit of intervals that hold together. Below 0 one of them is better.
        p: largest of all where all differences are above 0, else the smallest of those that are not.
    """

    estimate: float
    low: float
    high: float
    p: float


def over_the_best(each: Sequence[IntervalEstimate], held_together: Sequence[IntervalEstimate]) -> OverTheBest:
    """Compare with the best of several.

    Args:
        each: difference to each of the several, with its interval by itself.
        held_together: the same with intervals that hold together.
    """
    behind = [interval.p for interval in each if interval.estimate <= 0]
    return OverTheBest(
        estimate=min(interval.estimate for interval in each),
        low=min(interval.low for interval in each),
        high=min(interval.high for interval in held_together),
        p=min(behind) if behind else max(interval.p for interval in each),
    )
