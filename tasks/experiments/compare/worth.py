"""What each source is for, in a word. A source may not vouch for itself: where no target is named, what it does for the
hold-outs of the others decides, and what it does for its own stands beside it.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import numpy as np

from tasks.experiments.compare.contrasts import TrialResults, held_together, may_claim, shown
from tasks.experiments.compare.inputs import leave_one_out_mixes
from tasks.experiments.compare.predictions import Predictions
from tasks.experiments.mixes import restricted
from tasks.experiments.valuation import Estimate, SpareSources, Word
from tasks.statistics.simultaneous import together
from tasks.text.hashing import Floats, Ints

MOST_SPARE = 8
"""Redundant sources of which every set is looked at: 2⁸."""


class SourceEvidence(NamedTuple):
    """What trials tell of one source. Each interval holds for all sources together; None where nothing was tried.

    Attributes:
        elsewhere: score of the mix minus its score without the source, on the hold-outs of the others, or on the
            target.
        home: the same on the source's own hold-out; None where a target is named.
        shapley: its Shapley value on the hold-outs of the others, or on the target.
        agreement: by how much the models of the others give its labels more often than chance; see `agreements`.
    """

    elsewhere: Estimate | None = None
    home: Estimate | None = None
    shapley: Estimate | None = None
    agreement: Estimate | None = None


def word_for(evidence: SourceEvidence, margin: float) -> Word:
    """Say in a word what a source is for.

    `pays`: without it the mix scores lower elsewhere. `drop`: without it the mix scores higher elsewhere; or its
    Shapley value is below 0, and leaving it out does not seem to cost anything. `pays at home`: without it the mix
    scores lower on the source's own hold-out alone, whose labels the others do not contradict. `redundant`: leaving it
    out costs less than the margin, at home too (one-sided non-inferiority: Schuirmann 1987). Else `cannot tell`.
    """
    elsewhere, home, shapley, agreement = evidence
    first = elsewhere or shapley
    if first is None:
        return "cannot tell"
    contradicted = agreement is not None and agreement.high < 0
    at_home = home is not None and home.low > 0 and not contradicted
    if first.high < 0 or (shapley and shapley.high < 0 and first.estimate <= 0):
        return "pays at home" if at_home else "drop"
    if first.low > 0 and first.high >= margin:
        return "pays"
    if at_home:
        return "pays at home"
    spared = elsewhere is not None and elsewhere.high < margin and (home is None or home.high < margin)
    return "redundant" if spared else "cannot tell"


def wanting(evidence: SourceEvidence, margin: float) -> float | None:
    """Give how many times as many seeds and hold-out rows would show that a source worth nothing is redundant: widths
    fall with the root of both.
    """
    widths = [each.high - each.estimate for each in (evidence.elsewhere, evidence.home) if each]
    return max((width / margin) ** 2 for width in widths) if widths and margin else None


def agreements(results: TrialResults, rng: np.random.Generator) -> dict[str, Estimate]:
    """Compare each source's labels with what models say of its rows that learned from all the others.

    The amount of a row is 1 where the model gives its label, less the share of the source's rows to which the model
    gives that label: their mean is observed minus expected agreement, the numerator of Cohen's kappa (1960). Below 0
    the labels contradict what the others teach; texts of another kind, of which the others' models know nothing, stand
    at 0.
    """
    if (truth := results.held_out.truth) is None:
        return {}
    everywhere = replace(results, rows=results.held_out.judged(None))
    amounts: dict[str, Floats] = {}
    for name, mix in leave_one_out_mixes(results.inputs.recipe).items():
        group = everywhere.group(name)
        if mix in results.predictions and group is not None and may_claim(results.seeds(mix), len(group)):
            amounts[name] = everywhere.on([name], _beyond_chance(results.predictions[mix], truth, group))
    if not amounts:
        return {}
    found, family = everywhere.joint(list(amounts.values()), rng)
    held = together(found, family, results.inputs.confidence)
    correction = held_together(len(amounts))
    return {
        name: shown(interval, everywhere.count([name]), len(amounts[name]), correction)
        for name, interval in zip(amounts, held, strict=True)
    }


def _beyond_chance(predictions: Predictions, truth: Ints, group: Ints) -> Floats:
    beyond = np.zeros(predictions.amounts.shape)
    if predictions.predicted is not None:
        given, labels = predictions.predicted[:, group], truth[group]
        expected = np.stack([(given == label).mean(1) for label in range(truth.max() + 1)], axis=1)
        beyond[:, group] = (given == labels) - expected[:, labels]
    return beyond


def spare_sources(results: TrialResults, redundant: Sequence[str], rng: np.random.Generator) -> SpareSources | None:
    """Find the largest set of redundant sources that may be left out together, of those whose mix was tried: two copies
    of one source are each redundant, and both together are not.

    The intervals hold for all sets that were looked at. None where there are not two redundant sources.
    """
    mix, names = results.inputs.recipe, [name for name, _ in results.inputs.recipe]
    if len(redundant) < 2:
        return None
    amounts: dict[tuple[str, ...], Floats] = {}
    for size in range(2, len(redundant) + 1) if len(redundant) <= MOST_SPARE else [len(redundant)]:
        for some in combinations(redundant, size):
            rest = restricted(mix, [name for name in names if name not in some])
            if rest in results.predictions and may_claim(results.seeds(rest), results.rows.count):
                amounts[some] = results.amounts({mix: 1.0, rest: -1.0})
    if not amounts:
        return SpareSources(of=tuple(redundant), tried=0)
    found, family = results.joint(list(amounts.values()), rng)
    held = dict(zip(amounts, together(found, family, results.inputs.confidence), strict=True))
    fit = [some for some, interval in held.items() if interval.high < results.inputs.margin]
    best = max(fit, key=lambda some: (len(some), -held[some].high), default=None)
    cost = shown(held[best], results.rows.count, len(amounts[best]), held_together(len(amounts))) if best else None
    return SpareSources(of=tuple(redundant), tried=len(amounts), sources=best or (), cost=cost)
