"""From runs to a recommended mix: choose a surrogate, say how well it guesses, look for the best mix and how sure that
is.
"""

from dataclasses import dataclass

import numpy as np

from tasks.core.errors import NotEnoughData
from tasks.core.rng import generator
from tasks.experiments.search.outcome import FEWEST, LEARNED, NO_EFFECT, outcome_of
from tasks.experiments.search.propose import Region, candidates, recommend
from tasks.experiments.search.select import Evidence, Surrogate, select_surrogate
from tasks.experiments.search.simplex import Limits
from tasks.experiments.search.surrogate import Matrix, Vector

DRAWN = 20_000
REDRAWN = 4_000
REFITS = 40
DEAR_REFITS = 10
"""For surrogates without a closed form."""
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

    @property
    def sign(self) -> float:
        """What turns scores into costs and back."""
        return -1.0 if self.higher_is_better else 1.0

    @property
    def evidence(self) -> Evidence:
        """The runs as mixes and costs."""
        return Evidence(self.mixes, self.sign * self.scores, self.parts)


@dataclass(frozen=True)
class LearnedMix:
    """What the runs teach.

    Attributes:
        tried: surrogates, best first.
        outcome: LEARNED, NO_EFFECT or TOO_FEW.
        why: the numbers behind the outcome.
        mix: the mix to use, shape (K,).
        low, high: 5 % and 95 % of its shares over refits to resampled runs, stretched to hold the mix; equal to it
            where nothing was learned.
        guessed: cost guessed for the mix, and the 5 % and 95 % of the costs that one more run on it may have.
    """

    tried: list[Surrogate]
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
            f"{2 * len(runs.sources)} advised"
        )
    tried = select_surrogate(evidence, runs.seed)
    outcome, why = outcome_of(evidence, tried[0])
    if outcome != LEARNED:
        return _fallen_back(runs, tried, outcome, why)
    region = _region(runs, evidence)
    spread = float(evidence.totals.std())
    drawn = candidates(region, DRAWN, generator(runs.seed, "candidates"))
    mix = recommend(tried[0].predict, spread, region, drawn)
    mixes, costs = _refitted(
        tried[0], evidence, region, drawn[:: DRAWN // REDRAWN], mix, generator(runs.seed, "refits")
    )
    low, high = np.quantile(mixes, [LOW, HIGH], axis=0)
    guessed = _guessed(float(tried[0].predict(mix[None])[0]), costs, tried[0], evidence, generator(runs.seed, "guess"))
    return LearnedMix(tried, outcome, why, mix, np.minimum(low, mix), np.maximum(high, mix), guessed)


def _region(runs: Runs, evidence: Evidence) -> Region:
    limits = Limits.none(len(runs.sources)) if runs.limits is None else runs.limits
    centre = evidence.mixes.mean(0) if runs.prior is None else runs.prior
    return Region(centre, evidence.mixes[int(evidence.totals.argmin())], limits, runs.prior)


def _refitted(
    best: Surrogate, evidence: Evidence, region: Region, drawn: Matrix, mix: Vector, rng: np.random.Generator
) -> tuple[Matrix, Vector]:
    """Recommend again from runs drawn with replacement; give those mixes, and the costs those fits guess for `mix`."""
    mixes: list[Vector] = []
    costs: list[float] = []
    for _ in range(DEAR_REFITS if best.folds else REFITS):
        again = best.again(evidence.only(rng.integers(0, len(evidence.mixes), len(evidence.mixes))))
        mixes.append(recommend(again.predict, float(evidence.totals.std()), region, drawn, polish=False))
        costs.append(float(again.predict(mix[None])[0]))
    return np.stack(mixes), np.array(costs)


def _guessed(
    cost: float, costs: Vector, best: Surrogate, evidence: Evidence, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Give the guess and its 90 % interval for one more run: the refits' guesses plus errors on the better half of the
    runs left out.
    """
    better = evidence.totals <= np.median(evidence.totals)
    errors = (evidence.totals - best.left_out)[better]
    sums = rng.choice(costs, 2000) + rng.choice(errors, 2000)
    low, high = np.quantile(sums, [LOW, HIGH])
    return cost, min(float(low), cost), max(float(high), cost)


def _fallen_back(runs: Runs, tried: list[Surrogate], outcome: str, why: str) -> LearnedMix:
    """Recommend nothing new: the prior; without one, the even mix when mixes make no difference, else the best
    run's.
    """
    even = np.full(len(runs.sources), 1 / len(runs.sources))
    best = runs.mixes[int(runs.evidence.totals.argmin())]
    mix = runs.prior if runs.prior is not None else even if outcome == NO_EFFECT else best
    return LearnedMix(tried, outcome, why, mix, mix, mix)
