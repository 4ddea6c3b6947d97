"""Which mixes come next: a round covers the space, the following ones look around the best that is known by then."""

from collections.abc import Sequence

import numpy as np

from tasks.core.rng import generator
from tasks.experiments.search.design import REPEATS, first_round, next_round, wide_round
from tasks.experiments.search.fit import Runs, learn
from tasks.experiments.search.outcome import FEWEST, LEARNED
from tasks.experiments.search.space import SearchSpace
from tasks.experiments.search.surrogate import Matrix, Vector
from tasks.experiments.search.trials import Trial


def round_sizes(trials: int, rounds: int) -> list[int]:
    """Share trials out over rounds, the first getting what is left over."""
    later = trials // rounds
    return [trials - later * (rounds - 1)] + [later] * (rounds - 1)


def opening(space: SearchSpace, runs: int, last: Sequence[Vector], earlier: Sequence[Trial], seed: int) -> Matrix:
    """Give the mixes of the first round.

    Args:
        last: weights that an earlier search of the same recipe has found, if any.
        earlier: trials of earlier searches that hold here, too.
    """
    also = np.array(last).reshape(-1, len(space.sources))
    known = np.array([space.vector(trial.mix) for trial in earlier]).reshape(-1, len(space.sources))
    return first_round(
        space.prior,
        space.limits,
        runs,
        generator(seed, "round", "1"),
        also,
        known,
        REPEATS if runs >= FEWEST + REPEATS else 2,
    )


def following(space: SearchSpace, runs: int, table: Runs, number: int) -> tuple[Matrix, bool]:
    """Give the mixes of a later round, and whether costs led to them.

    Where the trials so far do not say which mix is best, more of the space is covered: that they do not yet is no sign
    that the mix does nothing, since how much equal runs differ is known from few.

    Args:
        table: all trials so far, those of earlier searches included.
        number: of the round, from 1.
    """
    rng = generator(table.seed, "round", str(number))
    if len(table.names) >= FEWEST:
        learned = learn(table)
        if learned.outcome == LEARNED:
            return next_round(learned.mix, table.mixes, space.limits, runs, rng), True
    return wide_round(space.prior, space.limits, runs, rng, table.mixes), False
