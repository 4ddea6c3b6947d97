"""What a search found: the arms to confirm, which of them is used, and one of three outcomes, in words and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.experiments.compare.settings import PROPORTIONAL, UNIFORM
from tasks.experiments.search.confirm import ConfirmingRuns, Gain, gain
from tasks.experiments.search.fit import LearnedMix, Runs
from tasks.experiments.search.outcome import LEARNED, NO_EFFECT
from tasks.experiments.search.space import SearchSpace
from tasks.experiments.search.surrogate import Vector
from tasks.experiments.search_record import Outcome

RECOMMENDED, BEST = "recommended", "best trial"
ARMS = 4
"""Mixes that are confirmed, at most."""
BASELINES = (UNIFORM, PROPORTIONAL)
APART = 0.05
"""Σ|w - v| from where on two mixes are confirmed one by one."""


def arms_of(space: SearchSpace, runs: Runs, learned: LearnedMix) -> dict[str, dict[str, float]]:
    """Name the mixes to confirm: uniform, proportional, the one recommended, and that of the best trial where it is
    another one.

    Nothing where nothing was learned: there is nothing to confirm then.
    """
    if learned.outcome != LEARNED:
        return {}
    best = runs.mixes[int(runs.evidence.totals.argmin())]
    arms: dict[str, Vector] = {UNIFORM: space.even, PROPORTIONAL: space.prior, RECOMMENDED: learned.mix}
    if min(float(np.abs(best - mix).sum()) for mix in arms.values()) > APART:
        arms[BEST] = best
    return {name: space.named(mix) for name, mix in arms.items()}


@dataclass(frozen=True)
class Verdict:
    """What is said in the end.

    Attributes:
        sentence: the same for people.
        arm: name of the mix that is used.
        mix: source -> share.
        gains: of the best arm over each baseline that it was compared with.
        like: baselines that the best arm cannot be told from, or is worse than.
    """

    outcome: Outcome
    sentence: str
    arm: str
    mix: Mapping[str, float]
    gains: Mapping[str, Gain]
    like: tuple[str, ...]


def judge(space: SearchSpace, learned: LearnedMix, arms: Mapping[str, ConfirmingRuns]) -> Verdict:
    """Choose among the arms on one split of the hold-out and test the choice on the other.

    A baseline that measures best on the first is its own choice. A mix is used only where it beats uniform and
    proportional both; else the one of the two that it cannot be told from is, the better where it is both.
    """
    if not arms:
        return _unconfirmed(space, learned)
    costs = {name: arm.selection_cost(space.columns) for name, arm in arms.items()}
    best = min(costs, key=lambda name: costs[name])
    rivals = [name for name in BASELINES if name != best]
    gains = {name: gain(arms[best], arms[name], space.columns) for name in rivals}
    if best in BASELINES:
        text = f"No mix that was tried beats {best} weights: of all mixes confirmed they measured best. They are kept."
        return Verdict("no gain", text, best, arms[best].mix, gains, (best,))
    like = tuple(name for name in rivals if gains[name].low <= 0)
    if not like:
        return Verdict("gain", _gained(best, gains, len(arms[best].selection)), best, arms[best].mix, gains, ())
    kept = min(like, key=lambda name: costs[name])
    return Verdict("no gain", _not_gained(like, kept, gains), kept, arms[kept].mix, gains, like)


def _gained(best: str, gains: Mapping[str, Gain], seeds: int) -> str:
    figures = " and ".join(
        f"{gain.mean:.4f} ({gain.low:.4f} to {gain.high:.4f}) below that of {name} weights"
        for name, gain in gains.items()
    )
    which = (
        ""
        if best == RECOMMENDED
        else " They are those of the best trial: the mix that the surrogate recommended measured worse."
    )
    return (
        f"These weights pay: their loss is {figures}, over {seeds} seeds, on rows that had no part in choosing "
        f"them.{which}"
    )


def _not_gained(like: Sequence[str], kept: str, gains: Mapping[str, Gain]) -> str:
    worse = [name for name in like if gains[name].high < 0]
    said = (
        f"worse than {' and '.join(worse)} weights" if worse else f"indistinguishable from {' and '.join(like)} weights"
    )
    figures = "; ".join(
        f"{name}: gain {gains[name].mean:.4f} ({gains[name].low:.4f} to {gains[name].high:.4f})" for name in like
    )
    least = max(gains[name].detectable for name in like)
    return f"The weights found are {said} ({figures}); a difference of {least:.4f} would have been seen. Kept: {kept}."


def _unconfirmed(space: SearchSpace, learned: LearnedMix) -> Verdict:
    mix = space.named(space.prior)
    if learned.outcome == NO_EFFECT:
        text = (
            "The mix makes no difference that can be seen, so uniform and proportional weights are "
            f"indistinguishable: {learned.why}."
        )
        return Verdict("no gain", f"{text} Kept: {PROPORTIONAL}.", PROPORTIONAL, mix, {}, BASELINES)
    text = (
        f"Not enough trials to choose weights by: {learned.why}. Kept: {PROPORTIONAL}. Remedy: more --trials, "
        "larger trials.size"
    )
    return Verdict("too few", f"{text}, or a target that depends more on the mix.", PROPORTIONAL, mix, {}, ())
