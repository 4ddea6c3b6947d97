"""Confirm weights: several seeds of each mix, chosen on one half of the hold-out, judged on the other, paired by seed
and by row.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.core.imports import importing
from tasks.experiments.search.splits import Half, stacked
from tasks.experiments.search.surrogate import Vector

CONFIDENCE = 0.95
POWER = 0.8


@dataclass(frozen=True)
class Arm:
    """One mix under several seeds, the same for every arm.

    Attributes:
        mix: source -> share.
        chosen_by, judged_by: the halves of the hold-out, one for each seed.
    """

    name: str
    mix: Mapping[str, float]
    chosen_by: Sequence[Half]
    judged_by: Sequence[Half]

    def cost(self, columns: Sequence[str]) -> float:
        """Give the mean over seeds and sources of the loss, on the half to choose by."""
        return float(_by_seed(self.chosen_by, columns).mean())

    def judged(self, columns: Sequence[str]) -> Vector:
        """Give the mean over sources of the loss, on the half to judge by, shape (seeds,)."""
        return _by_seed(self.judged_by, columns)

    def accuracy(self, columns: Sequence[str]) -> float | None:
        """Give the mean over seeds and sources of the accuracy, on the half to judge by; None where there is none."""
        found = [half.accuracies() for half in self.judged_by]
        return float(np.mean([[one[name] for name in columns] for one in found])) if all(found) else None


def _by_seed(halves: Sequence[Half], columns: Sequence[str]) -> Vector:
    return np.array([[half.costs()[name] for name in columns] for half in halves]).mean(1)


@dataclass(frozen=True)
class Gain:
    """By how much the loss of one arm is below another's.

    Attributes:
        by_seed: difference of the costs, shape (seeds,).
        mean: over the seeds.
        low, high: 95 % interval, over seeds and rows.
        p: two-sided, under no difference.
        detectable: the least difference that would have been seen in four cases of five.
    """

    by_seed: Vector
    mean: float
    low: float
    high: float
    p: float
    detectable: float


def gain(arm: Arm, base: Arm, columns: Sequence[str]) -> Gain:
    """Compare two arms seed by seed and row by row.

    d_s is the difference of the costs under seed s. Var(mean d) = Var(d_s) / S, from the seeds, plus Σ_c Var_i(e_ci) /
    (n_c C²), from the
    rows: e_ci is what row i of source c, one of C, adds to the difference, averaged over seeds. Both are estimated and
        added, so that the
    interval holds for other seeds and other rows; with degrees of freedom by Welch and Satterthwaite. Rows without a
    difference leave
    the paired t test over seeds.
    """
    with importing:
        from scipy.special import stdtr, stdtrit

    by_seed = base.judged(columns) - arm.judged(columns)
    seeds = len(by_seed)
    of_seeds = float(by_seed.var(ddof=1)) / seeds
    of_rows = [_row_variance(arm, base, name) / len(columns) ** 2 for name in columns]
    parts = [(of_seeds, seeds - 1), *of_rows_freedom(of_rows, arm, columns)]
    variance = math.fsum(part for part, _ in parts)
    mean, error = float(by_seed.mean()), math.sqrt(variance)
    if error == 0:
        return Gain(by_seed, mean, mean, mean, float(mean == 0), 0.0)
    free = variance**2 / math.fsum(part**2 / freedom for part, freedom in parts)
    reach = float(stdtrit(free, (1 + CONFIDENCE) / 2))
    p = float(2 * stdtr(free, -abs(mean) / error))
    return Gain(
        by_seed, mean, mean - reach * error, mean + reach * error, p, (reach + float(stdtrit(free, POWER))) * error
    )


def of_rows_freedom(variances: Sequence[float], arm: Arm, columns: Sequence[str]) -> list[tuple[float, int]]:
    """Pair the variance that the rows of each source bring with its degrees of freedom."""
    return [(part, len(arm.judged_by[0].losses[name]) - 1) for part, name in zip(variances, columns, strict=True)]


def _row_variance(arm: Arm, base: Arm, column: str) -> float:
    """Give Var(Σ d_i / Σ t_i), by rows: Var(d_i - r t_i) / (n mean(t)²), with r the ratio; t = 1 leaves Var(d_i) /
    n.
    """
    differences = (stacked(base.judged_by, column) - stacked(arm.judged_by, column)).mean(0)
    sizes = arm.judged_by[0].sizes[column]
    rest = differences - sizes * (differences.sum() / sizes.sum())
    return float(rest.var(ddof=1)) / (len(rest) * float(sizes.mean()) ** 2)
