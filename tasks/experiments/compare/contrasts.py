"""From the predictions of trials to scores and differences, each with its interval. Arrays in, records out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.experiments.compare.inputs import NOTHING, ComparisonInputs
from tasks.experiments.compare.predictions import HeldOutRows, Predictions, scores_by_source
from tasks.experiments.compare.settings import ALL_ROWS, RECIPE, WITHOUT
from tasks.experiments.comparison import ArmScores, Contrast, Outcome, SeedMcNemar
from tasks.experiments.mixes import Mix, size_of, without_size
from tasks.experiments.valuation import Correction, Estimate
from tasks.statistics.bootstrap import RowGroups, bca_interval, hierarchical_intervals
from tasks.statistics.intervals import IntervalEstimate, detectable_difference
from tasks.statistics.paired import holm, mcnemar, paired_t
from tasks.statistics.simultaneous import MaxT, max_t, over_the_best, together
from tasks.text.hashing import Floats, Ints

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

    def seeds(self, mix: Mix) -> int:
        """Give how many trials a mix has."""
        return len(self.predictions[mix].amounts)

    @property
    def judged(self) -> tuple[str, ...]:
        """The source of each group of rows that is judged on."""
        return tuple(str(self.held_out.sources[int(group[0])]) for group in self.rows.groups)

    def group(self, source: str) -> Ints | None:
        """Give the rows of a source that are judged on; None where it has none that are."""
        return dict(zip(self.judged, self.rows.groups, strict=True)).get(source)

    def count(self, sources: Iterable[str]) -> int:
        """Count the rows of these sources that are judged on."""
        return sum(len(group) for name in sources if (group := self.group(name)) is not None)

    def on(self, sources: Collection[str], amounts: Floats) -> Floats:
        """Give amounts whose score is that on the rows of these sources alone: what stands elsewhere counts 0, and the
        mean over all groups is brought to that over these.
        """
        groups = [group for name in sources if (group := self.group(name)) is not None]
        inside = np.zeros_like(amounts)
        for group in groups:
            inside[..., group] = amounts[..., group] * (len(self.rows.groups) / len(groups))
        return inside

    def score(self, mix: Mix) -> float:
        """Give a mix's mean score over its seeds."""
        return float(np.mean(self.rows.scores(self.predictions[mix].amounts)))

    def intervals(
        self, amounts: Sequence[Floats], rng: np.random.Generator, extra: Sequence[float] = ()
    ) -> list[IntervalEstimate]:
        """Give estimate, interval and p of each sum of scores, over seeds and rows; see `hierarchical_intervals`."""
        return hierarchical_intervals(amounts, self.rows, self.inputs.confidence, self.inputs.resamples, rng, extra)[0]

    def redrawn(
        self, amounts: Sequence[Floats], rng: np.random.Generator, extra: Sequence[float] = ()
    ) -> tuple[list[IntervalEstimate], list[Floats]]:
        """Give estimate, interval and p of each sum of scores, and its replicates, all redrawn together.

        Args:
            extra: variance that each has besides, from a sampling of its own.
        """
        intervals, replicates = hierarchical_intervals(
            amounts, self.rows, self.inputs.confidence, self.inputs.resamples, rng, extra
        )
        added = [rng.normal(0, np.sqrt(variance), self.inputs.resamples) for variance in extra] or [0.0] * len(amounts)
        return intervals, [drawn + more for drawn, more in zip(replicates, added, strict=True)]

    def joint(self, amounts: Sequence[Floats], rng: np.random.Generator) -> tuple[list[IntervalEstimate], MaxT]:
        """Give estimate, interval and p of each sum of scores, and how their errors hang together."""
        intervals, replicates = self.redrawn(amounts, rng)
        return intervals, max_t(replicates)

    def named(self) -> dict[str, Mix]:
        """Give the arms that have predictions, whatever their budget."""
        return {
            trials.name: trials.mix for trials in self.inputs.trials if trials.name and trials.mix in self.predictions
        }

    def arms(self) -> dict[str, Mix]:
        """Give the arms of equal budget that have predictions."""
        return {name: mix for name, mix in self.named().items() if size_of(mix) is None}


def shown(interval: IntervalEstimate, rows: int, seeds: int, correction: Correction) -> Estimate:
    """Keep of an interval what a comparison shows."""
    ends = {"estimate": interval.estimate, "low": interval.low, "high": interval.high}
    return Estimate(**ends, rows=rows, seeds=seeds, correction=correction)


def held_together(several: int) -> Correction:
    """Say that intervals hold together (max-T); nothing is corrected where there is one."""
    return Correction(method="max-T", of=several) if several > 1 else Correction()


def may_claim(seeds: int, rows: int) -> bool:
    """Say whether so many seeds and rows can carry a claim."""
    return seeds >= FEWEST_SEEDS and rows >= FEWEST_ROWS


def arm_scores(results: TrialResults, rng: np.random.Generator) -> dict[str, ArmScores]:
    """Score every arm: the score with its interval, its deviation over the seeds, and the scores by source."""
    arms = {name: results.predictions[mix] for name, mix in results.named().items()}
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


Pair = tuple[str, str]


def contrasts(results: TrialResults, rng: np.random.Generator) -> list[Contrast]:
    """Compare the arms. Does combining help? Every arm of several sources against the best single one. Are these the
    weights? The recipe's mix against every other one of several sources. Does what the run makes pay? The recipe's mix
    against itself without that. Would more rows help? All of them against the mix of these shares at equal budget, or
    against the recipe's.
    """
    arms = {name: mix for name, mix in results.arms().items() if name not in WITHOUT}
    singles = [name for name, mix in arms.items() if len(mix) == 1]
    several = sorted((name for name, mix in arms.items() if len(mix) > 1), key=lambda name: name != RECIPE)
    combining = [(name, single) for name in several for single in singles]
    weighing = [(RECIPE, name) for name in several[1:]] if several[:1] == [RECIPE] else []
    best = max(singles, key=lambda name: results.score(arms[name])) if singles else ""
    made = [(RECIPE, name) for name in results.arms() if name in WITHOUT and RECIPE in arms]
    found = _over_the_best(combining, best, results, rng) + _of_the_recipe(weighing, results, rng)
    return found + _of_the_recipe(made, results, rng) + _of_the_recipe(_more_rows(results), results, rng)


def _more_rows(results: TrialResults) -> list[Pair]:
    if (every := results.named().get(ALL_ROWS)) is None:
        return []
    same = [name for name, mix in results.arms().items() if mix == without_size(every)]
    return [(ALL_ROWS, name) for name in (*same, RECIPE) if name in results.arms()][:1]


def _of_the_recipe(pairs: Sequence[Pair], results: TrialResults, rng: np.random.Generator) -> list[Contrast]:
    if not pairs:
        return []
    amounts = [_amounts(pair, results) for pair in pairs]
    intervals, family = results.joint(amounts, rng)
    held = together(intervals, family, results.inputs.confidence)
    corrected, correction = holm([interval.p for interval in intervals]), held_together(len(pairs))
    return [
        _contrast(pair, each, interval, (p, correction), results, rng)
        for pair, each, interval, p in zip(pairs, amounts, held, corrected, strict=True)
    ]


def _over_the_best(pairs: Sequence[Pair], best: str, results: TrialResults, rng: np.random.Generator) -> list[Contrast]:
    """Compare every mix with the best source alone, as `over_the_best` does.

    The recipe's mix is asked about before anything is seen. Of the other ones the best may be named, so that a gain of
    theirs is corrected for how many they are; a loss is corrected for all pairs.
    """
    if not pairs:
        return []
    amounts = {pair: _amounts(pair, results) for pair in pairs}
    found, family = results.joint(list(amounts.values()), rng)
    intervals, confidence = dict(zip(pairs, found, strict=True)), results.inputs.confidence
    mixes = list(dict.fromkeys(first for first, _ in pairs))
    others = len([name for name in mixes if name != RECIPE])
    beats_all = Correction(method="intersection-union", of=len(pairs) // len(mixes))
    made: list[Contrast] = []
    for name in mixes:
        own, looked_at = [interval for pair, interval in intervals.items() if pair[0] == name], max(others, 1)
        if name == RECIPE:
            looked_at = 1
        each = [interval.at(1 - (1 - confidence) / looked_at) for interval in own]
        over = over_the_best(each, together(own, family, confidence))
        corrected = min(1.0, looked_at * over.p) if over.estimate > 0 else family.corrected(over.p)
        pair = name, best
        over_all = intervals[pair].model_copy(update={"low": over.low, "high": over.high, "p": over.p})
        gain = Correction(method="Bonferroni", of=looked_at) if looked_at > 1 else beats_all
        contrast = _contrast(pair, amounts[pair], over_all, (corrected, gain), results, rng)
        made.append(contrast.model_copy(update={"upper_correction": held_together(len(pairs))}))
    return made


def _amounts(pair: Pair, results: TrialResults) -> Floats:
    arms = results.named()
    return results.amounts({arms[pair[0]]: 1.0, arms[pair[1]]: -1.0})


def _contrast(
    pair: Pair,
    amounts: Floats,
    interval: IntervalEstimate,
    corrected: tuple[float, Correction],
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
        rows=rows.count,
        correction=corrected[1],
        p=interval.p,
        holm=corrected[0],
        detectable=detectable_difference(interval.error, interval.freedom, confidence),
        seeds=len(by_seed),
        over_seeds=paired_t(by_seed, confidence),
        over_rows=bca_interval(amounts.mean(0), rows, confidence, results.inputs.resamples, rng),
        mcnemar=_mcnemar(pair, middle_seed, results),
        outcome=outcome_of(interval.low, interval.high, claim=may_claim(len(by_seed), rows.count)),
    )


def outcome_of(low: float, high: float, *, claim: bool) -> Outcome:
    """Say what a difference comes to, by its interval."""
    if not claim:
        return "no claim"
    return "gain" if low > 0 else "loss" if high < 0 else "none"


def _mcnemar(pair: tuple[str, str], seed: int, results: TrialResults) -> SeedMcNemar | None:
    """Compare the two models of one seed on the rows that are judged on; None where nothing is right or wrong."""
    rows, arms = np.concatenate(results.rows.groups), results.named()
    both = [results.predictions[arms[name]] for name in pair]
    if any(predictions.predicted is None for predictions in both):
        return None
    first, second = (predictions.amounts[seed, rows] > 0.5 for predictions in both)
    return SeedMcNemar(seed=seed, **mcnemar(first, second).model_dump())
