"""How far off guesses are: every run guessed by a fit that was made, with all its choices, without it.

Beside the surrogate stand the two guesses that cost nothing: the mean of the other runs, and a straight line in the
target's own share and its root.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.rng import generator
from tasks.experiments.search.ensemble import fit_ensemble
from tasks.experiments.search.evidence import Evidence
from tasks.experiments.search.ridge import PENALTIES, fit_ridge
from tasks.experiments.search.scales import DIVERGED, logarithmic, top
from tasks.experiments.search.surrogate import Matrix, Vector, with_roots
from tasks.statistics.ranks import spearman

FOLDS = 10
EVERY_MIX = 30
"""Up to so many mixes, every single one is left out."""


@dataclass(frozen=True)
class Guesses:
    """What was guessed for every run from runs on other mixes.

    Attributes:
        guessed: shape (n,).
        error: mean of |guess - cost|, both cut where a run diverged.
        rank: Spearman's ρ between guesses and costs.
    """

    guessed: Vector
    error: float
    rank: float

    @classmethod
    def against(cls, totals: Vector, guessed: Vector) -> "Guesses":
        """Compare guesses with costs, shape (n,) each."""
        most = top(totals[:, None], DIVERGED)
        off = np.abs(np.minimum(guessed, most) - np.minimum(totals, most))
        return cls(guessed, float(off.mean()), spearman(guessed, totals)[0])


@dataclass(frozen=True)
class Nested:
    """How far off guesses of runs left out are.

    Attributes:
        surrogate: the mean of the kinds.
        kinds: each by itself.
        mean: the mean of the other runs.
        own_share: by the target's own share alone; None where no source is the target's own.
        folds: how often all was fitted.
        single: whether every mix was left out by itself.
    """

    surrogate: Guesses
    kinds: dict[str, Guesses]
    mean: Guesses
    own_share: Guesses | None
    folds: int
    single: bool

    @property
    def how(self) -> str:
        """How runs were left out, in words."""
        return "nested, mix by mix" if self.single else f"nested, {self.folds} folds"


def nested_guesses(evidence: Evidence, seed: int = 0, kinds: Sequence[str] | None = None) -> Nested:
    """Guess every run from runs on other mixes.

    Runs on the same mix are left out together. Scales, penalties and kernels are chosen on the runs that are left.

    Args:
        kinds: those to fit instead of all that suit.
    """
    fold = _folds(evidence, seed)
    folds, totals = int(fold.max()) + 1, evidence.totals
    ways: dict[str, Vector] = {}
    for number in range(folds):
        held = fold == number
        for name, guess in _fitted(evidence.only(np.flatnonzero(~held)), kinds).items():
            ways.setdefault(name, np.empty(len(totals)))[held] = guess(evidence.mixes[held])
    judged = {name: Guesses.against(totals, guessed) for name, guessed in ways.items()}
    surrogate, mean, own = judged.pop(""), judged.pop("mean"), judged.pop("own share", None)
    return Nested(surrogate, judged, mean, own, folds, folds == len(np.unique(evidence.mix_numbers)))


def _fitted(evidence: Evidence, kinds: Sequence[str] | None) -> dict[str, Callable[[Matrix], Vector]]:
    """Give every way to guess, the surrogate under the empty name."""
    ensemble, mean = fit_ensemble(evidence, kinds), evidence.totals.mean()
    ways: dict[str, Callable[[Matrix], Vector]] = {
        "": ensemble.predict,
        "mean": lambda mixes: np.full(len(mixes), mean),
    }
    for member in ensemble.members:
        ways[member.kind] = lambda mixes, member=member: member.predict(mixes) @ evidence.parts
    if evidence.own:
        ways["own share"] = _by_own_share(evidence)
    return ways


def _by_own_share(evidence: Evidence) -> Callable[[Matrix], Vector]:
    """Fit every column to [w, √w] of its own source alone, on the logarithmic scale."""
    scale = logarithmic(evidence.costs)
    values = scale.forward(evidence.costs)
    fits = [
        fit_ridge(with_roots, evidence.mixes[:, [source]], values[:, [column]], PENALTIES).predict
        for column, source in enumerate(evidence.own)
    ]
    return lambda mixes: (
        scale.back(np.hstack([fit(mixes[:, [source]]) for fit, source in zip(fits, evidence.own, strict=True)]))
        @ evidence.parts
    )


def _folds(evidence: Evidence, seed: int) -> NDArray[np.int64]:
    """Give the fold of every run, shape (n,): by its mix."""
    mixes = evidence.mix_numbers
    count = int(mixes.max()) + 1
    folds = count if count <= EVERY_MIX else FOLDS
    return (generator(seed, "folds").permutation(count) % folds)[mixes]
