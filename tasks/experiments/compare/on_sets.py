"""Each evaluation set: the recipe's mix against every other arm, on rows that no source has."""

from dataclasses import replace

import numpy as np

from tasks.experiments.compare.contrasts import TrialResults, held_together, may_claim, outcome_of, shown
from tasks.experiments.compare.settings import RECIPE
from tasks.experiments.comparison import OnSet
from tasks.statistics.bootstrap import RowGroups
from tasks.statistics.simultaneous import together


def on_sets(results: TrialResults, rng: np.random.Generator) -> tuple[OnSet, ...]:
    """Compare the arms on every set; the intervals hold for all arms on one set together (max-T)."""
    ours = results.inputs.recipe
    others = {name: mix for name, mix in results.arms().items() if name != RECIPE}
    if ours not in results.predictions or not others:
        return ()
    found: list[OnSet] = []
    for name in results.inputs.sets:
        rows = RowGroups((results.held_out.rows_of(name),), results.rows.weights)
        judged = replace(results, rows=rows)
        amounts = [results.amounts({ours: 1.0, mix: -1.0}) for mix in others.values()]
        intervals, family = judged.joint(amounts, rng)
        held = together(intervals, family, results.inputs.confidence)
        for (arm, mix), own, interval in zip(others.items(), amounts, held, strict=True):
            claim = may_claim(len(own), rows.count)
            found.append(
                OnSet(
                    **dict(shown(interval, rows.count, len(own), held_together(len(others)))),
                    name=name,
                    arm=arm,
                    mix=judged.score(ours),
                    other=judged.score(mix),
                    outcome=outcome_of(interval.low, interval.high, claim=claim),
                )
            )
    return tuple(found)
