"""Costs on the scale a surrogate is fitted on: bad mixes must not rule the fit, since only the good end is searched."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tasks.experiments.search.surrogate import Matrix, Vector

DIVERGED = 10.0
"""How many times as far above the median as the best run is below it, a run counts as diverged."""
BEYOND = 5.0
"""How far, in units of the logarithm, a guess may lie beyond the worst run."""


@dataclass(frozen=True)
class Scale:
    """A way to the scale of the fit and back, column by column.

    Attributes:
        forward: costs (n, D) -> values to fit.
        back: guessed values (m, D) -> costs; keeps the order.
    """

    forward: Callable[[Matrix], Matrix]
    back: Callable[[Matrix], Matrix]


def top(costs: Matrix, times: float) -> Vector:
    """Give for every column median + times (median - lowest), or its highest cost where that is less or half of it is
    at its lowest.
    """
    middle, lowest = np.median(costs, axis=0), costs.min(0)
    return np.where(middle > lowest, np.minimum(costs.max(0), middle + times * (middle - lowest)), costs.max(0))


def plain(_costs: Matrix) -> Scale:
    """Give the scale of the costs themselves, for surrogates that bend by themselves."""
    return Scale(np.copy, np.copy)


def logarithmic(costs: Matrix) -> Scale:
    """Give z = log(min(y, top) - floor), the floor a tenth of the range below the lowest cost.

    Near the lowest costs it is fine, far from them coarse: the mixing law's own view of a loss, with a floor that is
    set, not fitted. Only runs that went wrong are cut (DIVERGED): what is bad for one domain may be part of the best
    for all.
    """
    highest, lowest = top(costs, DIVERGED), costs.min(0)
    floor = lowest - 0.1 * np.where(highest > lowest, highest - lowest, 1.0)
    most = np.log(highest - floor) + BEYOND
    return Scale(
        lambda values: np.log(np.minimum(values, highest) - floor),
        lambda values: floor + np.exp(np.minimum(values, most)),
    )


SCALES: dict[str, Callable[[Matrix], Scale]] = {"plain": plain, "log": logarithmic}
