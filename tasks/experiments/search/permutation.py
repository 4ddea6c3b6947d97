"""Whether anything was learned: guesses of runs left out against those after the scores have changed places."""

from dataclasses import dataclass

import numpy as np

from tasks.core.rng import generator
from tasks.experiments.search.ensemble import left_out_errors
from tasks.experiments.search.evidence import Evidence

LEVEL = 0.025
"""How often, at most, something may count as learned from scores that do not depend on the mix."""
AS_GOOD = 5
"""Orders that do as well as the true one after which no more are tried."""
BATCHES = 20, 60
"""Orders tried first: most that show nothing stop there."""
MOST = 200
"""Runs that are permuted: the first ones. They show any effect that is worth a mix."""


@dataclass(frozen=True)
class Learned:
    """The result of the test.

    Attributes:
        p: share of orders in which runs left out are guessed as well as in the true one, that one counted.
        orders: how many were tried.
        level: what p may be at most.
    """

    p: float
    orders: int
    level: float

    @property
    def passed(self) -> bool:
        """Whether something was learned."""
        return self.p <= self.level


def permutation_test(evidence: Evidence, seed: int, looks: int = 1) -> Learned:
    """Test whether the guesses owe anything to the mixes.

    The squared error of the guesses for runs left out (both cut where runs are bad) is compared with that after
    permuting the costs, everything that the costs choose being chosen anew. It stops at the fifth order that does as
    well, p then 5 / orders, else p = (1 + as good) / (1 + all) (Besag & Clifford 1991, Biometrika 78): the level is
    exact for runs whose mixes were chosen without looking at costs.

    Args:
        evidence: runs whose mixes were so chosen.
        looks: how often the question is asked as runs are added; the level is divided by it.
    """
    runs = evidence.only(np.arange(min(MOST, len(evidence.mixes))))
    rng, level = generator(seed, "permutations"), LEVEL / looks
    true = float(left_out_errors(runs, np.arange(len(runs.mixes))[None])[0])
    most = round(AS_GOOD / level) - 1
    tried, as_good = 0, 0
    for size in (*BATCHES, most - sum(BATCHES)):
        orders = rng.permuted(np.tile(np.arange(len(runs.mixes)), (size, 1)), axis=1)
        reached = as_good + np.cumsum(left_out_errors(runs, orders) <= true)
        if reached[-1] >= AS_GOOD:
            tried += int((reached >= AS_GOOD).argmax()) + 1
            return Learned(AS_GOOD / tried, tried, level)
        tried, as_good = tried + size, int(reached[-1])
    return Learned((1 + as_good) / (1 + tried), tried, level)
