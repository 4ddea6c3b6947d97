"""Confirm weights: several seeds of each mix, judged on the rows kept aside; what is chosen by these rows is judged
fold by fold, by a mix that was chosen without the fold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.experiments.search.row_losses import FOLDS, RowLosses, stacked
from tasks.experiments.search.surrogate import Vector
from tasks.statistics.intervals import detectable_difference, over_seeds_and_rows

CONFIDENCE = 0.95
INFLATION = 1 + FOLDS / (FOLDS - 1)


@dataclass(frozen=True)
class ConfirmingRuns:
    """One mix, or one way of choosing a mix, under several seeds, the same for every one.

    Attributes:
        mix: source -> share; of a way of choosing, what it chooses by all rows.
        runs: the rows kept aside, under each seed; of a way of choosing, the rows of every fold are predicted by the
            mix that it chooses without them.
        crossed: whether it is a way of choosing.
    """

    name: str
    mix: Mapping[str, float]
    runs: Sequence[RowLosses]
    crossed: bool = False

    def costs(self, columns: Sequence[str]) -> Vector:
        """Give the mean over sources of the loss, shape (seeds,)."""
        return np.array([[run.costs()[name] for name in columns] for run in self.runs]).mean(1)

    def share_right(self, columns: Sequence[str]) -> float | None:
        """Give the share of right answers, the mean over seeds and sources; None where nothing is right or wrong."""
        by_seed = [run.shares_right() for run in self.runs]
        return float(np.mean([[shares[name] for name in columns] for shares in by_seed])) if all(by_seed) else None


@dataclass(frozen=True)
class Gain:
    """By how much the loss of one arm is below another's.

    Attributes:
        by_seed: difference of the costs, shape (seeds,).
        mean: over the seeds.
        low, high: 95 % interval, over seeds and rows.
        p: two-sided, under no difference.
        error: standard error of the mean.
        detectable: the least difference that would have been seen in four cases of five.
    """

    by_seed: Vector
    mean: float
    low: float
    high: float
    p: float
    error: float
    detectable: float


def gain(arm: ConfirmingRuns, base: ConfirmingRuns, columns: Sequence[str]) -> Gain:
    """Compare two arms seed by seed and row by row; see `over_seeds_and_rows`.

    Where a way of choosing is judged fold by fold, the rows of a fold choose for the others, so that errors of folds
    hang together: the variance from the rows is multiplied by 1 + F / (F - 1) (Nadeau & Bengio 2003, equation 9: 1/J +
    n2/n1 in place of 1/J, for J = F folds).
    """
    by_seed = base.costs(columns) - arm.costs(columns)
    rows = [((stacked(base.runs, name) - stacked(arm.runs, name)).mean(0), arm.runs[0].sizes[name]) for name in columns]
    difference = over_seeds_and_rows(by_seed, rows, CONFIDENCE, INFLATION if arm.crossed else 1.0)
    detectable = detectable_difference(difference.error, difference.freedom, CONFIDENCE)
    return Gain(
        by_seed, difference.estimate, difference.low, difference.high, difference.p, difference.error, detectable
    )
