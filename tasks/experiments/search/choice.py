"""Which mix the trials speak for, and how much of a gain that was measured is expected to last."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tasks.experiments.search.ensemble import Ensemble, fit_ensemble
from tasks.experiments.search.fit import Runs, recommended_by
from tasks.experiments.search.nested import Nested, nested_guesses
from tasks.experiments.search.scales import DIVERGED, top
from tasks.experiments.search.surrogate import Matrix, Vector


@dataclass(frozen=True)
class Choice:
    """The mix that trials speak for.

    Attributes:
        mix: shape (K,).
        guess: mixes (m, K) -> costs: by the surrogate, else the mean of the trials.
        misfit: mean square of what the guesses for trials left out miss.
        by_surrogate: whether the surrogate recommends it; else it is that of the best trial.
    """

    mix: Vector
    guess: Callable[[Matrix], Vector]
    misfit: float
    by_surrogate: bool

    def expected_gain(self, measured: float, error: float, base: Vector) -> float:
        """Give by how much less the mix is expected to cost than another one: what was measured, drawn to the guess.

        (2τ² ȳ + s² m) / (2τ² + s²), the mean of ȳ = m + what the guess misses + noise (James & Stein 1961 for one
        difference): τ² the misfit of either guess, s the standard error of what was measured, m the guessed difference.

        Args:
            measured: ȳ.
            error: s.
            base: the other mix, shape (K,).
        """
        cost, other = self.guess(np.stack([self.mix, base]))
        apart = 2 * self.misfit + error**2
        return float((2 * self.misfit * measured + error**2 * (other - cost)) / apart) if apart else measured


def chosen(runs: Runs) -> Choice:
    """Fit the surrogate, and choose."""
    evidence = runs.evidence
    return choose(runs, fit_ensemble(evidence), nested_guesses(evidence, runs.seed))


def choose(runs: Runs, surrogate: Ensemble, nested: Nested) -> Choice:
    """Choose the surrogate's mix where it guesses trials left out better than their mean does; else the best trial's.

    Better is a smaller mean of squares, costs and guesses cut where a trial diverged. No test asks whether anything was
    learned: a mix that is used need not be shown to be better, only be expected to be.
    """
    totals = runs.evidence.totals
    most = top(totals[:, None], DIVERGED)
    costs = np.minimum(totals, most)
    missed, by_mean = (
        float(np.mean((np.minimum(way.guessed, most) - costs) ** 2)) for way in (nested.surrogate, nested.mean)
    )
    if missed < by_mean:  # false where guesses are no numbers
        return Choice(recommended_by(surrogate, runs), surrogate.predict, missed, by_surrogate=True)
    mean = float(costs.mean())
    best = runs.mixes[int(totals.argmin())]
    return Choice(best, lambda mixes: np.full(len(mixes), mean), by_mean, by_surrogate=False)
