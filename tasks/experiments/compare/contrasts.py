"""From the answers of trials to scores, differences and values, each with its interval. Arrays in, records out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.experiments.compare.arms import RECIPE
from tasks.experiments.compare.inputs import NOTHING, Layout
from tasks.experiments.compare.predictions import Answers, Kept, by_source
from tasks.experiments.comparison import Contrast, Outcome
from tasks.experiments.mixes import Mix
from tasks.statistics.bootstrap import Rows, Spread, at_confidence, spreads
from tasks.statistics.paired import detectable, holm, mcnemar, over_examples, over_seeds
from tasks.text.hashing import Floats

FEWEST_SEEDS = 3
FEWEST_ROWS = 30
"""A claim needs as many seeds, and as many rows kept aside."""
Terms = Mapping[Mix, float]
"""Mix -> what its score counts in a sum of scores."""


@dataclass(frozen=True)
class Known:
    """What trials have shown.

    Attributes:
        answers: by mix; of `NOTHING` too, where it is known.
        rows: the rows that are judged on.
    """

    kept: Kept
    answers: Mapping[Mix, Answers]
    rows: Rows

    def amounts(self, terms: Terms) -> Floats:
        """Give Σ coefficient · amounts by seed and row, over the seeds that all of its mixes have; shape (S, n)."""
        seeds = min((len(self.answers[mix].amounts) for mix in terms if mix != NOTHING), default=1)
        return np.sum([count * self.answers[mix].amounts[:seeds] for mix, count in terms.items()], axis=0)

    def score(self, mix: Mix) -> float:
        """Give a mix's mean score over its seeds."""
        return float(np.mean(self.rows.scores(self.answers[mix].amounts)))


def may_claim(seeds: int, rows: int) -> bool:
    """Say whether so many seeds and rows can carry a claim."""
    return seeds >= FEWEST_SEEDS and rows >= FEWEST_ROWS


def named(layout: Layout, known: Known) -> dict[str, Mix]:
    """Give the arms that have answers."""
    return {one.name: one.mix for one in layout.tried if one.name and one.mix in known.answers}


def arm_scores(
    arms: Mapping[str, Mix], known: Known, layout: Layout, rng: np.random.Generator
) -> dict[str, dict[str, Any]]:
    """Score every arm: the score with its interval, its deviation over the seeds, and the scores by source."""
    found = spreads(
        [known.answers[mix].amounts for mix in arms.values()], known.rows, layout.confidence, layout.resamples, rng
    )
    return {
        name: _arm(known, known.answers[mix], spread) for (name, mix), spread in zip(arms.items(), found, strict=True)
    }


def _arm(known: Known, answers: Answers, spread: Spread) -> dict[str, Any]:
    by_seed = known.rows.scores(answers.amounts)
    deviation = float(by_seed.std(ddof=1)) if len(by_seed) > 1 else None
    told = {"score": spread.estimate, "low": spread.low, "high": spread.high, "sd": deviation, "seeds": len(by_seed)}
    return told | {"by_source": by_source(answers, known.kept, known.rows)}


def questions(arms: Mapping[str, Mix], known: Known) -> list[list[tuple[str, str]]]:
    """Give the pairs of arms that are compared, a list for each question.

    Does combining help? Every arm of several sources against the best single one. Are these the weights? The recipe's
    mix against every
    other one of several sources. That the best single source is chosen by its score speaks for it, so a gain over it is
    one over all.
    """
    singles = [name for name, mix in arms.items() if len(mix) == 1]
    several = sorted((name for name, mix in arms.items() if len(mix) > 1), key=lambda name: name != RECIPE)
    best = max(singles, key=lambda name: known.score(arms[name])) if singles else None
    combining = [(name, best) for name in several] if best else []
    weighing = [(RECIPE, name) for name in several[1:]] if several[:1] == [RECIPE] else []
    return [combining, weighing]


def contrasts(arms: Mapping[str, Mix], known: Known, layout: Layout, rng: np.random.Generator) -> list[Contrast]:
    """Compare the pairs of every question; p values are corrected for the other pairs of the same question."""
    asked = questions(arms, known)
    pairs = [pair for question in asked for pair in question]
    if not pairs:
        return []
    amounts = [known.amounts({arms[first]: 1.0, arms[second]: -1.0}) for first, second in pairs]
    found = iter(
        zip(pairs, amounts, spreads(amounts, known.rows, layout.confidence, layout.resamples, rng), strict=True)
    )
    made: list[Contrast] = []
    for question in asked:
        some = [next(found) for _ in question]
        corrected = holm([spread.p for _, _, spread in some])
        made += [
            _contrast(pair, one, spread, p, Judging(arms, known, layout, rng))
            for (pair, one, spread), p in zip(some, corrected, strict=True)
        ]
    return made


@dataclass(frozen=True)
class Judging:
    """What a contrast is worked out from."""

    arms: Mapping[str, Mix]
    known: Known
    layout: Layout
    rng: np.random.Generator


def _contrast(pair: tuple[str, str], amounts: Floats, spread: Spread, corrected: float, judging: Judging) -> Contrast:
    known, layout = judging.known, judging.layout
    by_seed = known.rows.scores(amounts)
    seeds = over_seeds(by_seed, layout.confidence)
    rows = over_examples(
        amounts.mean(0), known.rows.weights, known.rows.groups, layout.confidence, layout.resamples, judging.rng
    )
    return Contrast(
        first=pair[0],
        second=pair[1],
        estimate=spread.estimate,
        low=spread.low,
        high=spread.high,
        p=spread.p,
        holm=corrected,
        detectable=detectable(spread.error, spread.freedom, layout.confidence),
        seeds=len(by_seed),
        over_seeds=seeds.model_dump() if seeds else None,
        over_rows=rows,
        mcnemar=_mcnemar(pair, int(np.argsort(by_seed)[len(by_seed) // 2]), judging),
        outcome=outcome(spread.estimate, corrected, layout.confidence, claim=may_claim(len(by_seed), known.rows.count)),
    )


def outcome(estimate: float, p: float, confidence: float, *, claim: bool) -> Outcome:
    """Say what a difference comes to."""
    if not claim:
        return "no claim"
    if p >= 1 - confidence:
        return "none"
    return "gain" if estimate > 0 else "loss"


def _mcnemar(pair: tuple[str, str], seed: int, judging: Judging) -> dict[str, Any] | None:
    """Compare the two models of one seed on the rows that are judged on."""
    rows = np.concatenate(judging.known.rows.groups)
    both = [judging.known.answers[judging.arms[name]] for name in pair]
    if any(one.predicted is None for one in both):
        return None
    first, second = (one.amounts[seed, rows] > 0.5 for one in both)
    return {"seed": seed} | mcnemar(first, second).model_dump()


def estimates(
    known: Known, wanted: Sequence[tuple[Floats, float]], layout: Layout, confidence: float, rng: np.random.Generator
) -> list[Spread]:
    """Give the spread of sums of scores at a confidence of their own; `wanted` holds amounts and their variance from a
    sampling besides.
    """
    if not wanted:
        return []
    found = spreads(
        [one for one, _ in wanted], known.rows, layout.confidence, layout.resamples, rng, [more for _, more in wanted]
    )
    return [at_confidence(spread, confidence) for spread in found]
