"""Confirm weights: several seeds of each mix, selected on one split of the hold-out and tested on the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.experiments.search.splits import Split, stacked
from tasks.experiments.search.surrogate import Vector
from tasks.statistics.intervals import detectable_difference, over_seeds_and_rows

CONFIDENCE = 0.95


@dataclass(frozen=True)
class ConfirmingRuns:
    """One mix under several seeds, the same for every mix.

    Attributes:
        mix: source -> share.
        selection, test: the two splits of the hold-out, one of each for each seed.
    """

    name: str
    mix: Mapping[str, float]
    selection: Sequence[Split]
    test: Sequence[Split]

    def selection_cost(self, columns: Sequence[str]) -> float:
        """Give the mean over seeds and sources of the loss, on the split to select by."""
        return float(_by_seed(self.selection, columns).mean())

    def test_costs(self, columns: Sequence[str]) -> Vector:
        """Give the mean over sources of the loss, on the split to test on, shape (seeds,)."""
        return _by_seed(self.test, columns)

    def share_right(self, columns: Sequence[str]) -> float | None:
        """Give the share of right answers, the mean over seeds and sources, on the split to test on; None where nothing
        is right or wrong.
        """
        by_seed = [split.shares_right() for split in self.test]
        return float(np.mean([[shares[name] for name in columns] for shares in by_seed])) if all(by_seed) else None


def _by_seed(splits: Sequence[Split], columns: Sequence[str]) -> Vector:
    return np.array([[split.costs()[name] for name in columns] for split in splits]).mean(1)


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


def gain(arm: ConfirmingRuns, base: ConfirmingRuns, columns: Sequence[str]) -> Gain:
    """Compare two arms seed by seed and row by row; see `over_seeds_and_rows`."""
    by_seed = base.test_costs(columns) - arm.test_costs(columns)
    rows = [((stacked(base.test, name) - stacked(arm.test, name)).mean(0), arm.test[0].sizes[name]) for name in columns]
    difference = over_seeds_and_rows(by_seed, rows, CONFIDENCE)
    detectable = detectable_difference(difference.error, difference.freedom, CONFIDENCE)
    return Gain(by_seed, difference.estimate, difference.low, difference.high, difference.p, detectable)
