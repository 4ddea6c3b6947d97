"""Each source at home: the recipe's mix against the source's own rows alone, on the hold-out of that source."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tasks.experiments.compare.contrasts import TrialResults, held_together, may_claim, outcome_of, shown
from tasks.experiments.comparison import AtHome, HomeWord, OneForEach
from tasks.experiments.mixes import Mix
from tasks.experiments.valuation import Correction, Estimate
from tasks.statistics.bootstrap import RowGroups
from tasks.statistics.simultaneous import together
from tasks.text.hashing import Floats


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
    held = dict(zip(homes, together(found, family, results.inputs.confidence), strict=True))
    correction = held_together(len(homes))
    each = tuple(
        _at_home(name, own[name], shown(interval, len(homes[name]), len(differences[name]), correction), judged)
        for name, interval in held.items()
    )
    return each, _one_for_each(each, differences, judged, rng) if len(homes) > 1 else None


def _at_home(name: str, own: Mix, difference: Estimate, judged: TrialResults) -> AtHome:
    home = RowGroups((judged.held_out.rows_of(name),), judged.rows.weights)
    ours, alone = (
        float(np.mean(home.scores(judged.predictions[mix].amounts[: difference.seeds])))
        for mix in (judged.inputs.recipe, own)
    )
    claim = may_claim(difference.seeds, difference.rows)
    word = home_word(difference.low, difference.high, judged.inputs.margin, claim=claim)
    return AtHome(**dict(difference), source=name, mix=ours, alone=alone, word=word)


def _one_for_each(
    homes: tuple[AtHome, ...], differences: Mapping[str, Floats], judged: TrialResults, rng: np.random.Generator
) -> OneForEach:
    seeds = min(home.seeds for home in homes)
    (mean,) = judged.intervals([np.mean([difference[:seeds] for difference in differences.values()], axis=0)], rng)
    return OneForEach(
        **dict(shown(mean, judged.rows.count, seeds, Correction())),
        mix=float(np.mean([home.mix for home in homes])),
        alone=float(np.mean([home.alone for home in homes])),
        outcome=outcome_of(mean.low, mean.high, claim=may_claim(seeds, judged.rows.count)),
    )


def home_word(low: float, high: float, margin: float, *, claim: bool) -> HomeWord:
    """Say in a word what the mix does for a source at home, by the interval of the difference."""
    if not claim or low <= 0 <= high:
        return "cannot tell"
    if low > 0:
        return "gains little" if high < margin else "gains"
    return "loses little" if low > -margin else "loses"
