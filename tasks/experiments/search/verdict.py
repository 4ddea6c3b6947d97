"""What a search found: the mixes to confirm, which of them is used, and one of three outcomes, in words and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.experiments.compare.settings import PROPORTIONAL, UNIFORM
from tasks.experiments.search.choice import Choice
from tasks.experiments.search.confirm import ConfirmingRuns, Gain, gain
from tasks.experiments.search.fit import LearnedMix, Runs
from tasks.experiments.search.outcome import TOO_FEW
from tasks.experiments.search.row_losses import FOLDS
from tasks.experiments.search.space import SearchSpace
from tasks.experiments.search_record import Outcome

RECOMMENDED, BEST = "recommended", "best trial"
BASELINES = (UNIFORM, PROPORTIONAL)
CONFIRMED = len(BASELINES) + FOLDS
"""Mixes that are trained under each seed to confirm a choice."""
Mix = dict[str, float]


@dataclass(frozen=True)
class Arm:
    """What is confirmed: a mix, or the way it was chosen.

    Attributes:
        mix: source -> share; what is chosen by all rows kept aside.
        by_fold: what is chosen without the rows of each fold, or the mix itself where nothing was chosen.
    """

    mix: Mix
    by_fold: tuple[Mix, ...]


@dataclass(frozen=True)
class Lessons:
    """What the trials teach.

    Attributes:
        learned: by the surrogate, with how sure that is.
        choice: the mix that they speak for.
        arms: what is to be confirmed.
    """

    runs: Runs
    learned: LearnedMix
    choice: Choice
    arms: Mapping[str, Arm]


def arms_of(space: SearchSpace, choice: Choice, without: Sequence[Choice]) -> dict[str, Arm]:
    """Name what is to be confirmed: uniform, proportional, and the mix that was chosen.

    Args:
        without: what is chosen without the rows of each fold.
    """
    fixed = {UNIFORM: space.named(space.even), PROPORTIONAL: space.named(space.prior)}
    chosen = Arm(space.named(choice.mix), tuple(space.named(fold.mix) for fold in without))
    return {name: Arm(mix, (mix,)) for name, mix in fixed.items()} | {name_of(choice): chosen}


def name_of(choice: Choice) -> str:
    """Name the mix that was chosen."""
    return RECOMMENDED if choice.by_surrogate else BEST


@dataclass(frozen=True)
class Verdict:
    """What is said in the end.

    Attributes:
        sentence: the same for people.
        arm: name of the mix that is used.
        mix: source -> share.
        gains: of the mix that was chosen over each baseline.
        expected: baseline -> what of the gain is expected to last.
        like: baselines that the mix that was chosen cannot be told from, or is worse than.
    """

    outcome: Outcome
    sentence: str
    arm: str
    mix: Mapping[str, float]
    gains: Mapping[str, Gain]
    expected: Mapping[str, float]
    like: tuple[str, ...]


def judge(space: SearchSpace, lessons: Lessons, arms: Mapping[str, ConfirmingRuns]) -> Verdict:
    """Say whether the mix that was chosen gains over uniform and proportional, and which of the three to use.

    The gain is that of the way of choosing: every fold of the rows kept aside is judged by a mix that was chosen
    without it, under seeds that had no part either. What is used is what is expected to cost least, which need not be
    shown to; a gain is claimed only where the intervals over both baselines lie above 0.
    """
    learned, choice = lessons.learned, lessons.choice
    chosen, bases = name_of(choice), {UNIFORM: space.even, PROPORTIONAL: space.prior}
    gains = {name: gain(arms[chosen], arms[name], space.columns) for name in bases}
    expected = {name: choice.expected_gain(gains[name].mean, gains[name].error, base) for name, base in bases.items()}
    like = tuple(name for name in bases if gains[name].low <= 0)
    best = min(expected, key=lambda name: expected[name])
    kept = chosen if not like or expected[best] > 0 else best
    if not like:
        outcome, text = "gain", _gained(chosen, gains)
    elif learned.outcome == TOO_FEW:
        outcome, text = "too few", f"Not enough trials to learn much from: {learned.why}. {_not_gained(gains, like)}"
    else:
        outcome, text = "no gain", _not_gained(gains, like)
    if outcome != "gain":
        text += f" Kept: {kept}, whose loss is expected to be least."
    if outcome == "too few":
        text += " Remedy: more --trials, larger trials.size, or a target that depends more on the mix."
    return Verdict(outcome, text, kept, arms[kept].mix, gains, expected, like)


def _gained(chosen: str, gains: Mapping[str, Gain]) -> str:
    figures = " and ".join(
        f"{gain.mean:.4f} ({gain.low:.4f} to {gain.high:.4f}) below that of {name} weights"
        for name, gain in gains.items()
    )
    seeds = len(next(iter(gains.values())).by_seed)
    which = "" if chosen == RECOMMENDED else " They are those of the best trial: no surrogate guesses trials left out."
    return (
        f"These weights pay: their loss is {figures}, over {seeds} seeds, each row kept aside judged by weights that "
        f"were chosen without it.{which}"
    )


def _not_gained(gains: Mapping[str, Gain], like: Sequence[str]) -> str:
    worse = [name for name in like if gains[name].high < 0]
    said = (
        f"worse than {' and '.join(worse)} weights" if worse else f"indistinguishable from {' and '.join(like)} weights"
    )
    figures = "; ".join(
        f"{name}: gain {gains[name].mean:.4f} ({gains[name].low:.4f} to {gains[name].high:.4f})" for name in like
    )
    least = max(gains[name].detectable for name in like)
    return f"The weights found are {said} ({figures}); a difference of {least:.4f} would have been seen."
