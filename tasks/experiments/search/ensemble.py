"""The surrogate that is used: the mean of the guesses of all kinds that suit, each weighted by one over its squared
error on runs left out.

Nothing is chosen between kinds, so that little is flattered by a choice: on published runs the mean ranks mixes of
another scale at least as well as its best member, and better than the member that is best on the runs at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from tasks.core import registry
from tasks.experiments.search import surrogates
from tasks.experiments.search.evidence import Evidence
from tasks.experiments.search.scales import SCALES, Scale, top
from tasks.experiments.search.surrogate import Fitted, Matrix, Vector

BAD = 2.0
"""How many times as far above the median as the best run is below it, a run is bad, and it does not matter how bad."""


@dataclass(frozen=True)
class Member:
    """A fitted surrogate of one kind, on its scale."""

    kind: str
    fitted: Fitted
    scale: Scale

    def predict(self, mixes: Matrix) -> Matrix:
        """Guess the costs of mixes (m, K), shape (m, D)."""
        return self.scale.back(self.fitted.predict(mixes))

    def again(self, evidence: Evidence) -> "Member":
        """Fit the same scale and settings to other runs."""
        costs = self.scale.forward(evidence.costs)
        return Member(self.kind, _module(self.kind).fit(evidence.mixes, costs, self.fitted.settings), self.scale)


@dataclass(frozen=True)
class Ensemble:
    """Fitted surrogates that guess the target's cost together.

    Attributes:
        trust: what each counts for, shape (M,); sums to 1.
        parts: what each column of costs counts for, shape (D,).
    """

    members: tuple[Member, ...]
    trust: Vector
    parts: Vector

    @property
    def name(self) -> str:
        """The kinds, for people."""
        *first, last = (member.kind for member in self.members)
        return f"mean of {', '.join(first)} and {last}" if first else last

    def predict(self, mixes: Matrix) -> Vector:
        """Guess the target's cost of mixes (m, K)."""
        return self.trust @ np.stack([member.predict(mixes) @ self.parts for member in self.members])

    def again(self, evidence: Evidence) -> "Ensemble":
        """Fit the same kinds, scales and settings to other runs, each trusted as before."""
        return replace(self, members=tuple(member.again(evidence) for member in self.members))


def fit_ensemble(evidence: Evidence, kinds: Sequence[str] | None = None) -> Ensemble:
    """Fit all kinds that suit the runs, or those named.

    Raises:
        UnknownKind: no such kind.
        RecipeError: what a kind needs is not installed.
    """
    members: list[Member] = []
    for kind in suiting(evidence) if kinds is None else kinds:
        scale = SCALES[_module(kind).SCALE](evidence.costs)
        members.append(Member(kind, _module(kind).fit(evidence.mixes, scale.forward(evidence.costs)), scale))
    left_out = [
        member.scale.back(member.fitted.left_out) @ evidence.parts
        for member in members
        if member.fitted.left_out is not None
    ]
    alike = np.full(len(members), 1 / len(members))
    known = len(left_out) == len(members) > 1
    trust = _trust(squared_errors(np.stack(left_out), evidence.totals)) if known else alike
    return Ensemble(tuple(members), trust, evidence.parts)


def suiting(evidence: Evidence) -> tuple[str, ...]:
    """Name the kinds that suit the runs."""
    shape = (*evidence.mixes.shape, evidence.costs.shape[1])
    return tuple(kind for kind in registry.names(surrogates) if _module(kind).suits(*shape))


def left_out_errors(evidence: Evidence, orders: NDArray[np.int64]) -> Vector:
    """Give how far off the guesses for runs left out are, by closed forms, with the costs put in other orders.

    What is set by the costs as a whole (a scale) is the same in any order; penalties, kernels and trust are set anew
    for each. They are set with the run that is left out, so that these errors compare orders with each other, and do
    not say how far off a guess is.

    Args:
        orders: rows of the costs, shape (P, n): permutations of 0 … n - 1.

    Returns:
        Mean squared errors, shape (P,).
    """
    (rounds, runs), columns = orders.shape, evidence.costs.shape[1]
    totals, guesses = evidence.totals[orders], list[Matrix]()
    for kind in suiting(evidence):
        scale = SCALES[_module(kind).SCALE](evidence.costs)
        # Shape (n, P · D): an order after the other, its columns beside each other.
        values = scale.forward(evidence.costs)[orders.T].reshape(runs, rounds * columns)
        guessed = _module(kind).fit(evidence.mixes, values).left_out.reshape(runs * rounds, columns)
        guesses.append((scale.back(guessed) @ evidence.parts).reshape(runs, rounds).T)
    kinds = np.stack(guesses)
    trust = _trust(squared_errors(kinds, totals))
    return squared_errors((trust[..., None] * kinds).sum(0), totals)


def squared_errors(guessed: NDArray[np.float64], totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the mean of (guess - cost)² over runs, the last axis, both cut where a run is bad.

    Args:
        totals: shape (n,), or the same costs in several orders, shape (P, n).
    """
    most = top(totals.reshape(-1, totals.shape[-1])[0][:, None], BAD)
    return ((np.minimum(guessed, most) - np.minimum(totals, most)) ** 2).mean(-1)


def _trust(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weigh kinds, the first axis, by one over their squared errors."""
    inverse = 1 / (errors + 1e-12 * errors.max() + 1e-300)
    return inverse / inverse.sum(0)


def _module(kind: str) -> ModuleType:
    return registry.load(surrogates, kind)
