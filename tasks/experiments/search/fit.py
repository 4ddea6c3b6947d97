"""From runs to a mix: fit a surrogate, say how far off it is, look for the best mix and how sure that is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import NotEnoughData
from tasks.core.rng import generator
from tasks.experiments.search.ensemble import Ensemble, fit_ensemble
from tasks.experiments.search.evidence import Evidence
from tasks.experiments.search.nested import Nested, nested_guesses
from tasks.experiments.search.outcome import FEWEST, LEARNED, NO_EFFECT, fewest_told, outcome_of
from tasks.experiments.search.permutation import Learned
from tasks.experiments.search.propose import Region, candidates, recommend
from tasks.experiments.search.simplex import Limits
from tasks.experiments.search.surrogate import Matrix, Vector

DRAWN = 20_000
REDRAWN = 4_000
REFITS = 40
LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True)
class Runs:
    """Runs as their tables give them.

    Attributes:
        names: of the runs.
        sources: names of the columns of the mixes.
        mixes: shares, shape (n, K); rows sum to 1.
        columns: names of the columns of the scores.
        scores: shape (n, D).
        parts: what each column counts for in the target, shape (D,).
        higher_is_better: accuracy and the like; else the scores are losses.
        prior: the mix to stay near, shape (K,).
        limits: between what the shares of the mix to recommend lie; by default anything.
        own: place of the source that each column is the loss of; empty where that is not known.
        designed: which runs had their mixes chosen without a look at scores, shape (n,); by default all.
        looks: how often it is asked what was learned as runs are added.
    """

    names: tuple[str, ...]
    sources: tuple[str, ...]
    mixes: Matrix
    columns: tuple[str, ...]
    scores: Matrix
    parts: Vector
    higher_is_better: bool = False
    prior: Vector | None = None
    limits: Limits | None = None
    seed: int = 0
    own: tuple[int, ...] = ()
    designed: NDArray[np.bool_] | None = None
    looks: int = 1

    @property
    def sign(self) -> float:
        """What turns scores into costs and back."""
        return -1.0 if self.higher_is_better else 1.0

    @property
    def evidence(self) -> Evidence:
        """The runs as mixes and costs."""
        return Evidence(self.mixes, self.sign * self.scores, self.parts, self.own)


@dataclass(frozen=True)
class LearnedMix:
    """What the runs teach.

    Attributes:
        surrogate: what guesses costs.
        nested: how far off its guesses are.
        test: of whether anything was learned; None with too few runs.
        outcome: LEARNED, NO_EFFECT or TOO_FEW.
        why: the numbers behind the outcome.
        mix: the mix to use, shape (K,).
        low, high: 5 % and 95 % of its shares over refits to resampled runs, stretched to hold the mix; equal to it
            where nothing was learned.
        guessed: cost guessed for the mix, and the 5 % and 95 % of the costs that one more run on it may have.
    """

    surrogate: Ensemble
    nested: Nested
    test: Learned | None
    outcome: str
    why: str
    mix: Vector
    low: Vector
    high: Vector
    guessed: tuple[float, float, float] | None = None


def learn(runs: Runs) -> LearnedMix:
    """Fit, judge and recommend.

    Raises:
        NotEnoughData: fewer than 5 runs.
    """
    evidence = runs.evidence
    if len(evidence.mixes) < FEWEST:
        raise NotEnoughData(
            f"{len(evidence.mixes)} runs are too few to learn from: {FEWEST} are the least, "
            f"{fewest_told(len(runs.sources))} advised"
        )
    surrogate, nested = fit_ensemble(evidence), nested_guesses(evidence, runs.seed)
    designed = evidence if runs.designed is None else evidence.only(np.flatnonzero(runs.designed))
    outcome, why, test = outcome_of(designed, nested, runs.seed, runs.looks)
    if outcome != LEARNED:
        kept = _kept(runs, outcome)
        return LearnedMix(surrogate, nested, test, outcome, why, kept, kept, kept)
    region, drawn = _searched(runs)
    mix = recommended_by(surrogate, runs)
    mixes, costs = _refitted(
        surrogate, evidence, region, drawn[:: DRAWN // REDRAWN], mix, generator(runs.seed, "refits")
    )
    low, high = np.quantile(mixes, [LOW, HIGH], axis=0)
    guessed = _guessed(float(surrogate.predict(mix[None])[0]), costs, nested, evidence, generator(runs.seed, "guess"))
    return LearnedMix(surrogate, nested, test, outcome, why, mix, np.minimum(low, mix), np.maximum(high, mix), guessed)


def region_of(runs: Runs) -> Region:
    """Give where to look for a mix."""
    limits = Limits.none(len(runs.sources)) if runs.limits is None else runs.limits
    centre = runs.mixes.mean(0) if runs.prior is None else runs.prior
    return Region(centre, runs.mixes[int(runs.evidence.totals.argmin())], limits, runs.prior)


def recommended_by(surrogate: Ensemble, runs: Runs) -> Vector:
    """Give the mix that a surrogate of the runs recommends, shape (K,)."""
    region, drawn = _searched(runs)
    return recommend(surrogate.predict, float(runs.evidence.totals.std()), region, drawn)


def _searched(runs: Runs) -> tuple[Region, Matrix]:
    """Give where to look for a mix, and the candidates there."""
    region = region_of(runs)
    return region, candidates(region, DRAWN, generator(runs.seed, "candidates"))


def _refitted(
    surrogate: Ensemble, evidence: Evidence, region: Region, drawn: Matrix, mix: Vector, rng: np.random.Generator
) -> tuple[Matrix, Vector]:
    """Recommend again from runs drawn with replacement; give those mixes, and the costs those fits guess for `mix`."""
    mixes: list[Vector] = []
    costs: list[float] = []
    for _ in range(REFITS):
        again = surrogate.again(evidence.only(rng.integers(0, len(evidence.mixes), len(evidence.mixes))))
        mixes.append(recommend(again.predict, float(evidence.totals.std()), region, drawn, polish=False))
        costs.append(float(again.predict(mix[None])[0]))
    return np.stack(mixes), np.array(costs)


def _guessed(
    cost: float, costs: Vector, nested: Nested, evidence: Evidence, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Give the guess and its 90 % interval for one more run: the refits' guesses plus errors on the better half of the
    runs left out.
    """
    better = evidence.totals <= np.median(evidence.totals)
    errors = (evidence.totals - nested.surrogate.guessed)[better]
    sums = rng.choice(costs, 2000) + rng.choice(errors, 2000)
    low, high = np.quantile(sums, [LOW, HIGH])
    return cost, min(float(low), cost), max(float(high), cost)


def _kept(runs: Runs, outcome: str) -> Vector:
    """Recommend nothing new: the prior; without one, the even mix when mixes make no difference, else the best
    run's.
    """
    if runs.prior is not None:
        return runs.prior
    even = np.full(len(runs.sources), 1 / len(runs.sources))
    return even if outcome == NO_EFFECT else runs.mixes[int(runs.evidence.totals.argmin())]
