"""Choose the surrogate that guesses runs best that it has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from tasks.core import registry
from tasks.core.rng import generator
from tasks.experiments.search import surrogates
from tasks.experiments.search.scales import SCALES, Scale, top
from tasks.experiments.search.surrogate import Fitted, Matrix, Vector
from tasks.statistics.ranks import spearman

BAD = 2.0
"""How many times as far above the median as the best run is below it, a run is bad, and it does not matter how bad."""
FOLDS = 5
EVERY_RUN = 30
"""Up to so many runs, a surrogate without a closed form is judged by leaving out every single one."""


@dataclass(frozen=True)
class Evidence:
    """Runs to learn from, as costs: lower is better.

    Attributes:
        mixes: shares, shape (n, K); rows sum to 1.
        costs: one column per domain of the target, shape (n, D).
        parts: what each column counts for in the target's cost, shape (D,).
    """

    mixes: Matrix
    costs: Matrix
    parts: Vector

    @property
    def totals(self) -> Vector:
        """The target's cost of every run, shape (n,)."""
        return self.costs @ self.parts

    def only(self, rows: NDArray[np.int64]) -> "Evidence":
        """Keep some runs; a run may be kept several times."""
        return replace(self, mixes=self.mixes[rows], costs=self.costs[rows])


@dataclass(frozen=True)
class Surrogate:
    """A fitted surrogate, on its scale, that guesses the target's cost, and how well it does.

    Attributes:
        left_out: every run's cost as guessed from the others, shape (n,).
        error: mean of |guess - cost| over the runs left out, both cut where runs are bad (BAD); inf where the others
            say nothing about a run.
        rank, p: Spearman's ρ between the guesses for runs left out and their costs, and its two-sided p.
        folds: how many fits those guesses took; 0 = a closed form.
    """

    kind: str
    fitted: Fitted
    scale: Scale
    parts: Vector
    left_out: Vector
    error: float
    rank: float
    p: float
    folds: int

    def predict(self, mixes: Matrix) -> Vector:
        """Guess the target's cost of mixes (m, K)."""
        return self.scale.back(self.fitted.predict(mixes)) @ self.parts

    def again(self, evidence: Evidence) -> "Surrogate":
        """Fit the same kind, scale and settings to other runs; its errors are still those of the first fit."""
        fitted = _module(self.kind).fit(evidence.mixes, self.scale.forward(evidence.costs), self.fitted.settings)
        return replace(self, fitted=fitted)


def cross_validated(kind: str, evidence: Evidence, seed: int = 0) -> Surrogate:
    """Fit a kind of surrogate and measure it on runs left out.

    Raises:
        UnknownKind: no such kind.
        RecipeError: what the kind needs is not installed.
    """
    module = _module(kind)
    scale = SCALES[module.SCALE](evidence.costs)
    fitted = module.fit(evidence.mixes, scale.forward(evidence.costs))
    folds = 0 if fitted.left_out is not None else _folds(len(evidence.mixes))
    left_out = (
        scale.back(_left_out(module, evidence, scale, folds, seed) if fitted.left_out is None else fitted.left_out)
        @ evidence.parts
    )
    known = bool(np.isfinite(left_out).all())
    worst = top(evidence.totals[:, None], BAD)
    off = np.abs(np.minimum(left_out, worst) - np.minimum(evidence.totals, worst))
    rank, p = spearman(left_out, evidence.totals) if known else (0.0, 1.0)
    error = float(off.mean()) if known else float("inf")
    return Surrogate(kind, fitted, scale, evidence.parts, left_out, error, rank, p, folds)


def select_surrogate(evidence: Evidence, seed: int = 0, only: Sequence[str] | None = None) -> list[Surrogate]:
    """Judge every kind that suits the runs, best first: least error on runs left out, ties in the order of the names.

    Args:
        only: kinds to judge instead of those that suit.
    """
    shape = (*evidence.mixes.shape, evidence.costs.shape[1])
    tried = [kind for kind in registry.names(surrogates) if _module(kind).suits(*shape)] if only is None else only
    return sorted((cross_validated(kind, evidence, seed) for kind in tried), key=lambda surrogate: surrogate.error)


def _module(kind: str) -> ModuleType:
    return registry.load(surrogates, kind)


def _folds(runs: int) -> int:
    return runs if runs <= EVERY_RUN else FOLDS


def _left_out(module: ModuleType, evidence: Evidence, scale: Scale, folds: int, seed: int) -> Matrix:
    fold = generator(seed, "folds").permutation(len(evidence.mixes)) % folds
    values = scale.forward(evidence.costs)
    guessed = np.empty_like(values)
    for number in range(folds):
        held = fold == number
        guessed[held] = module.fit(evidence.mixes[~held], values[~held]).predict(evidence.mixes[held])
    return guessed
