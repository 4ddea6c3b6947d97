"""Each source at home: the recipe's mix against the source's own rows alone, on the hold-out of that source."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tasks.experiments.compare.contrasts import TrialResults, may_claim, outcome_of
from tasks.experiments.comparison import AtHome, HomeWord, OneForEach
from tasks.experiments.mixes import Mix
from tasks.statistics.bootstrap import RowGroups
from tasks.statistics.intervals import IntervalEstimate
from tasks.statistics.simultaneous import together
from tasks.text.hashing import Floats, Ints


def at_home(results: TrialResults, rng: np.random.Generator) -> tuple[tuple[AtHome, ...], OneForEach | None]:
    """Compare at home every source that was tried alone; all hold-outs count, whatever the target.

    Both models have the same budget. The intervals hold for all sources together (max-T). The mean of the differences
    says what one model for all gains or loses against one for each.
    """
    mix, sources = results.inputs.recipe, results.held_out.sources
    own = {alone[0][0]: alone for alone in results.arms().values() if len(alone) == 1}
    named = {str(sources[int(group[0])]): group for group in results.held_out.judged(None).groups}
    homes = {name: group for name, group in named.items() if name in own}
    if len(mix) < 2 or mix not in results.predictions or not homes:
        return (), None
    judged = replace(results, rows=RowGroups(tuple(homes.values()), results.rows.weights))
    # A difference at home is one on all rows that is 0 elsewhere; the mean over the sources divides it by their number.
    differences = {name: judged.on([name], results.amounts({mix: 1.0, own[name]: -1.0})) for name in homes}
    found, family = judged.joint(list(differences.values()), rng)
    shown = dict(zip(homes, together(found, family, results.inputs.confidence), strict=True))
    each = tuple(
        _at_home(name, own[name], interval, len(differences[name]), homes[name], results)
        for name, interval in shown.items()
    )
    return each, _one_for_each(each, differences, judged, rng) if len(homes) > 1 else None


def _at_home(name: str, own: Mix, interval: IntervalEstimate, seeds: int, group: Ints, results: TrialResults) -> AtHome:
    home = RowGroups((group,), results.rows.weights)
    ours, alone = (
        float(np.mean(home.scores(results.predictions[mix].amounts[:seeds]))) for mix in (results.inputs.recipe, own)
    )
    claim = may_claim(seeds, len(group))
    return AtHome(
        source=name,
        mix=ours,
        alone=alone,
        estimate=interval.estimate,
        low=interval.low,
        high=interval.high,
        rows=len(group),
        seeds=seeds,
        word=home_word(interval.low, interval.high, results.inputs.margin, claim=claim),
    )


def _one_for_each(
    homes: tuple[AtHome, ...], differences: Mapping[str, Floats], judged: TrialResults, rng: np.random.Generator
) -> OneForEach:
    seeds = min(home.seeds for home in homes)
    (mean,) = judged.intervals([np.mean([difference[:seeds] for difference in differences.values()], axis=0)], rng)
    return OneForEach(
        mix=float(np.mean([home.mix for home in homes])),
        alone=float(np.mean([home.alone for home in homes])),
        estimate=mean.estimate,
        low=mean.low,
        high=mean.high,
        outcome=outcome_of(mean.low, mean.high, claim=may_claim(seeds, judged.rows.count)),
    )


def home_word(low: float, high: float, margin: float, *, claim: bool) -> HomeWord:
    """Say in a word what the mix does for a source at home, by the interval of the difference."""
    if not claim or low <= 0 <= high:
        return "cannot tell"
    if low > 0:
        return "gains little" if high < margin else "gains"
    return "loses little" if low > -margin else "loses"
