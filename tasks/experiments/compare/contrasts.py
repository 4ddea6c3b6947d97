"""From the predictions of trials to scores and differences, each with its interval. Arrays in, records out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.experiments.compare.inputs import NOTHING, ComparisonInputs
from tasks.experiments.compare.predictions import HeldOutRows, Predictions, scores_by_source
from tasks.experiments.compare.settings import RECIPE
from tasks.experiments.comparison import ArmScores, Contrast, Outcome, SeedMcNemar
from tasks.experiments.mixes import Mix
from tasks.statistics.bootstrap import RowGroups, bca_interval, hierarchical_intervals
from tasks.statistics.intervals import IntervalEstimate, detectable_difference
from tasks.statistics.paired import holm, mcnemar, paired_t
from tasks.text.hashing import Floats

FEWEST_SEEDS = 3
FEWEST_ROWS = 30
"""A claim needs as many seeds, and as many rows kept aside."""
Coefficients = Mapping[Mix, float]
"""Mix -> what its score counts in a sum of scores."""


@dataclass(frozen=True)
class TrialResults:
    """What trials have shown, and how it is judged.

    Attributes:
        predictions: by mix; of `NOTHING` too, where it is known.
        rows: the rows that are judged on.
    """

    held_out: HeldOutRows
    predictions: Mapping[Mix, Predictions]
    rows: RowGroups
    inputs: ComparisonInputs

    def amounts(self, coefficients: Coefficients) -> Floats:
        """Give Σ coefficient · amounts by seed and row, over the seeds that all of its mixes have; shape (S, n)."""
        seeds = min((len(self.predictions[mix].amounts) for mix in coefficients if mix != NOTHING), default=1)
        return np.sum([count * self.predictions[mix].amounts[:seeds] for mix, count in coefficients.items()], axis=0)

    def score(self, mix: Mix) -> float:
        """Give a mix's mean score over its seeds."""
        return float(np.mean(self.rows.scores(self.predictions[mix].amounts)))

    def intervals(
        self, amounts: Sequence[Floats], rng: np.random.Generator, extra: Sequence[float] = ()
    ) -> list[IntervalEstimate]:
        """Give estimate, interval and p of each sum of scores, over seeds and rows; see `hierarchical_intervals`."""
        return hierarchical_intervals(amounts, self.rows, self.inputs.confidence, self.inputs.resamples, rng, extra)

    def arms(self) -> dict[str, Mix]:
        """Give the arms that have predictions."""
        return {
            trials.name: trials.mix for trials in self.inputs.trials if trials.name and trials.mix in self.predictions
        }


def may_claim(seeds: int, rows: int) -> bool:
    """Say whether so many seeds and rows can carry a claim."""
    return seeds >= FEWEST_SEEDS and rows >= FEWEST_ROWS


def arm_scores(results: TrialResults, rng: np.random.Generator) -> dict[str, ArmScores]:
    """Score every arm: the score with its interval, its deviation over the seeds, and the scores by source."""
    arms = {name: results.predictions[mix] for name, mix in results.arms().items()}
    intervals = results.intervals([predictions.amounts for predictions in arms.values()], rng)
    return {
        name: _arm_scores(results, predictions, interval)
        for (name, predictions), interval in zip(arms.items(), intervals, strict=True)
    }


def _arm_scores(results: TrialResults, predictions: Predictions, interval: IntervalEstimate) -> ArmScores:
    by_seed = results.rows.scores(predictions.amounts)
    return ArmScores(
        seeds=len(by_seed),
        score=interval.estimate,
        low=interval.low,
        high=interval.high,
        sd=float(by_seed.std(ddof=1)) if len(by_seed) > 1 else None,
        by_source=scores_by_source(predictions, results.held_out, results.rows),
    )


def questions(results: TrialResults) -> list[list[tuple[str, str]]]:
    """Give the pairs of arms that are compared, a list for each question.

    Does combining help? Every arm of several sources against the best single one. Are these the weights? The recipe's
    mix against every other one of several sources. That the best single source is chosen by its score speaks for it, so
    a gain over it is one over all.
    """
    arms = results.arms()
    singles = [name for name, mix in arms.items() if len(mix) == 1]
    several = sorted((name for name, mix in arms.items() if len(mix) > 1), key=lambda name: name != RECIPE)
    best = max(singles, key=lambda name: results.score(arms[name])) if singles else None
    combining = [(name, best) for name in several] if best else []
    weighing = [(RECIPE, name) for name in several[1:]] if several[:1] == [RECIPE] else []
    return [combining, weighing]


def contrasts(results: TrialResults, rng: np.random.Generator) -> list[Contrast]:
    """Compare the pairs of every question; p values are corrected for the other pairs of the same question."""
    asked, arms = questions(results), results.arms()
    pairs = [pair for question in asked for pair in question]
    if not pairs:
        return []
    # All pairs at once, so that the same rows are redrawn for all of them.
    amounts = {pair: results.amounts({arms[pair[0]]: 1.0, arms[pair[1]]: -1.0}) for pair in pairs}
    intervals = dict(zip(pairs, results.intervals(list(amounts.values()), rng), strict=True))
    made: list[Contrast] = []
    for question in asked:
        corrected = holm([intervals[pair].p for pair in question])
        made += [
            _contrast(pair, amounts[pair], intervals[pair], p, results, rng)
            for pair, p in zip(question, corrected, strict=True)
        ]
    return made


def _contrast(
    pair: tuple[str, str],
    amounts: Floats,
    interval: IntervalEstimate,
    corrected: float,
    results: TrialResults,
    rng: np.random.Generator,
) -> Contrast:
    rows, confidence = results.rows, results.inputs.confidence
    by_seed = rows.scores(amounts)
    middle_seed = int(np.argsort(by_seed)[len(by_seed) // 2])
    return Contrast(
        first=pair[0],
        second=pair[1],
        estimate=interval.estimate,
        low=interval.low,
        high=interval.high,
        p=interval.p,
        holm=corrected,
        detectable=detectable_difference(interval.error, interval.freedom, confidence),
        seeds=len(by_seed),
        over_seeds=paired_t(by_seed, confidence),
        over_rows=bca_interval(amounts.mean(0), rows, confidence, results.inputs.resamples, rng),
        mcnemar=_mcnemar(pair, middle_seed, results),
        outcome=outcome_of(interval.estimate, corrected, confidence, claim=may_claim(len(by_seed), rows.count)),
    )


def outcome_of(estimate: float, p: float, confidence: float, *, claim: bool) -> Outcome:
    """Say what a difference comes to."""
    if not claim:
        return "no claim"
    if p >= 1 - confidence:
        return "none"
    return "gain" if estimate > 0 else "loss"


def _mcnemar(pair: tuple[str, str], seed: int, results: TrialResults) -> SeedMcNemar | None:
    """Compare the two models of one seed on the rows that are judged on; None where nothing is right or wrong."""
    rows, arms = np.concatenate(results.rows.groups), results.arms()
    both = [results.predictions[arms[name]] for name in pair]
    if any(predictions.predicted is None for predictions in both):
        return None
    first, second = (predictions.amounts[seed, rows] > 0.5 for predictions in both)
    return SeedMcNemar(seed=seed, **mcnemar(first, second).model_dump())
