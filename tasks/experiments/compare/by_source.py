"""Scores and differences source by source, and on each evaluation set, with their intervals. Arrays in, records out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tasks.experiments.compare.contrasts import TrialResults, shown
from tasks.experiments.compare.predictions import FEWEST
from tasks.experiments.comparison import ArmScores, Contrast
from tasks.experiments.valuation import Correction, Estimate
from tasks.statistics.bootstrap import RowGroups
from tasks.statistics.intervals import IntervalEstimate
from tasks.text.hashing import Floats

ALL = "all"
"""What all that is judged on stands under, beside the sources."""


class OnSource(NamedTuple):
    """What is seen on the rows of one source, or of one evaluation set.

    Attributes:
        intervals: of each of the amounts that were asked about, by itself.
    """

    rows: int
    intervals: list[IntervalEstimate]


def with_arms_by_source(
    results: TrialResults, arms: Mapping[str, ArmScores], rng: np.random.Generator
) -> dict[str, ArmScores]:
    """Give the scores of each arm by source their intervals, each by itself."""
    mixes = results.named()
    found = _by_source(results, [results.predictions[mixes[name]].amounts for name in arms], rng)
    made: dict[str, ArmScores] = {}
    for at, (name, arm) in enumerate(arms.items()):
        ends: dict[str, dict[str, float | None]] = {ALL: {"low": arm.low, "high": arm.high}}
        for source, on in found.items():
            ends[source] = {"low": on.intervals[at].low, "high": on.intervals[at].high}
        scores = {source: score.model_copy(update=ends.get(source, {})) for source, score in arm.by_source.items()}
        made[name] = arm.model_copy(update={"by_source": scores})
    return made


def with_contrasts_by_source(
    results: TrialResults, contrasts: Sequence[Contrast], rng: np.random.Generator
) -> tuple[Contrast, ...]:
    """Give the differences of arms by source; the intervals of one difference hold for all sources together."""
    mixes = results.named()
    amounts = [results.amounts({mixes[one.first]: 1.0, mixes[one.second]: -1.0}) for one in contrasts]
    found = _by_source(results, amounts, rng)
    # Whatever hangs together among sources, Bonferroni's intervals hold.
    correction = Correction(method="Bonferroni", of=len(found)) if len(found) > 1 else Correction()
    sure = 1 - (1 - results.inputs.confidence) / max(len(found), 1)

    def on_source(on: OnSource, at: int) -> Estimate:
        return shown(on.intervals[at].at(sure), on.rows, len(amounts[at]), correction)

    return tuple(
        contrast.model_copy(update={"by_source": {source: on_source(on, at) for source, on in found.items()}})
        for at, contrast in enumerate(contrasts)
    )


def _by_source(results: TrialResults, amounts: Sequence[Floats], rng: np.random.Generator) -> dict[str, OnSource]:
    """Give the intervals of sums of scores on the rows of each source that has enough of them."""
    names = results.held_out.sources.unique(maintain_order=True).to_list() if amounts else []
    groups = {name: rows for name in names if len(rows := results.held_out.rows_of(name)) >= FEWEST}
    weights = results.rows.weights
    return {
        name: OnSource(len(rows), replace(results, rows=RowGroups((rows,), weights)).intervals(amounts, rng))
        for name, rows in groups.items()
    }
