"""The verdict in words: what the recipe's mix is as one model for all, for each source at home, beside one model for
each, and beside other weights; and how large a difference could have been seen.
"""

from collections.abc import Sequence

from tasks.experiments.compare.contrasts import FEWEST_ROWS, FEWEST_SEEDS
from tasks.experiments.compare.settings import ALL_ROWS, RECIPE, WITHOUT
from tasks.experiments.comparison import Arm, AtHome, Contrast, Findings, HomeWord, OneForEach, Outcome
from tasks.objectives.measuring import Measure
from tasks.objectives.parts import measure_named

HOME: dict[HomeWord, str] = {
    "gains": "the mix gains for",
    "gains little": "it gains less than the margin for",
    "loses": "the mix loses for",
    "loses little": "it loses less than the margin for",
    "cannot tell": "no detectable difference for",
}


def verdict(arms: Sequence[Arm], findings: Findings, target: str | None, confidence: float) -> tuple[Outcome, str]:
    """Give the outcome (of the recipe's mix over the best single source) and the sentences."""
    measure, contrasts = measure_named(findings.metric), findings.contrasts
    ours = next(arm for arm in arms if arm.name == RECIPE)
    if ours.score is None:
        return (
            "no claim",
            f"No claim: the recipe's mix has no score ({ours.error or 'there was no time for its trials'}).",
        )
    if ours.kind == "source":
        alone = next(name for name, share in ours.shares.items() if share)
        return (
            "no claim",
            f"No claim: the recipe's mix is {alone} alone, so nothing is combined. Give another source a weight.",
        )
    if doubt := _too_few(ours, sum(findings.judged.values())):
        return "no claim", f"No claim: {doubt}. The recipe's mix scores {measure.score_text(ours.score)}."
    over_single = next(
        (contrast for contrast in contrasts if contrast.first == RECIPE and _kind(arms, contrast.second) == "source"),
        None,
    )
    made = [contrast for contrast in contrasts if contrast.second in WITHOUT]
    others = [contrast for contrast in contrasts if contrast.first == RECIPE and _kind(arms, contrast.second) == "mix"]
    beside = _beside([contrast for contrast in others if contrast not in made], arms, measure) + _made(made, measure)
    beside += _more_rows(contrasts, arms, measure)
    if over_single is None:
        return "no claim", f"No claim: no source alone was tried beside the recipe's mix.{beside}"
    judged = f"On {target}" if target else "As one model for all sources"
    combining = f"{judged}, {_combining(over_single, ours, arms, measure, confidence)}"
    home = _at_home(findings.at_home, measure, confidence) + _one_for_each(findings, measure, confidence)
    return over_single.outcome, combining + home + _else(contrasts, arms, over_single, measure) + beside


def _too_few(ours: Arm, rows: int) -> str:
    if ours.seeds < FEWEST_SEEDS:
        return (
            f"{_count(ours.seeds, 'seed')} {'is' if ours.seeds == 1 else 'are'} too few, it takes "
            f"{FEWEST_SEEDS} to tell luck from gain"
        )
    if rows < FEWEST_ROWS:
        return f"{_count(rows, 'labelled hold-out row')} {'is' if rows == 1 else 'are'} too few, it takes {FEWEST_ROWS}"
    return ""


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _kind(arms: Sequence[Arm], name: str) -> str:
    return next(arm.kind for arm in arms if arm.name == name)


def _combining(contrast: Contrast, ours: Arm, arms: Sequence[Arm], measure: Measure, confidence: float) -> str:
    """Say whether the recipe's mix beats the best source alone."""
    single = next(arm for arm in arms if arm.name == contrast.second)
    source = next(name for name, share in single.shares.items() if share)
    said = {"gain": "combining helps", "loss": "combining harms", "none": "no detectable gain from combining"}[
        contrast.outcome
    ]
    scores = (
        f"the recipe's mix scores {measure.score_text(ours.score or 0)}, the best single source, {source}, "
        f"{measure.score_text(single.score or 0)}"
    )
    sure = (
        f"{100 * confidence:g} % interval {measure.range_text(contrast.low, contrast.high)}, {contrast.seeds} "
        "seeds, same budget"
    )
    missed = (
        f"; {measure.size_text(contrast.detectable)} would have been seen four times in five"
        if contrast.outcome == "none"
        else ""
    )
    return f"{said}: {scores}: {measure.gain_text(contrast.estimate)} ({sure}{missed})."


def _at_home(homes: Sequence[AtHome], measure: Measure, confidence: float) -> str:
    """Say for which sources the mix is better than their own rows alone."""
    parts = [
        f"{said} {listed([_difference(home, measure) for home in homes if home.word == word])}"
        for word, said in HOME.items()
        if any(home.word == word for home in homes)
    ]
    if not parts:
        return ""
    sure = f"{100 * confidence:g} % intervals" + (" that hold together" if len(homes) > 1 else "")
    return (
        f" At home, on each source's own hold-out against its own rows alone, same budget, {sure}: {'; '.join(parts)}."
    )


def _difference(home: AtHome, measure: Measure) -> str:
    return f"{home.source} ({measure.gain_text(home.estimate)}, {measure.range_text(home.low, home.high)})"


def _one_for_each(findings: Findings, measure: Measure, confidence: float) -> str:
    """Say how one model for all stands to one for each source."""
    found: OneForEach | None = findings.one_for_each
    if found is None:
        return ""
    said = {
        "gain": "the mix is better than",
        "loss": "the mix is worse than",
        "none": "no detectable difference from",
        "no claim": "too few rows or seeds to tell it from",
    }[found.outcome]
    return (
        f" One for all against one for each, which needs the source known at use: {said} "
        f"{len(findings.at_home)} models of one source each, {measure.score_text(found.mix)} to "
        f"{measure.score_text(found.alone)}: {measure.gain_text(found.estimate)} ({100 * confidence:g} % interval "
        f"{measure.range_text(found.low, found.high)})."
    )


def _else(contrasts: Sequence[Contrast], arms: Sequence[Arm], ours: Contrast, measure: Measure) -> str:
    """Name another mix that beats the single sources, where the recipe's does not."""
    if ours.outcome == "gain":
        return ""
    better = [
        contrast
        for contrast in contrasts
        if contrast.first != RECIPE and contrast.outcome == "gain" and _kind(arms, contrast.second) == "source"
    ]
    if not better:
        return ""
    best = max(better, key=lambda contrast: contrast.estimate)
    return (
        f" Another mix beats every single source: {best.first}, {measure.gain_text(best.estimate)} "
        f"({measure.range_text(best.low, best.high)})."
    )


def _beside(contrasts: Sequence[Contrast], arms: Sequence[Arm], measure: Measure) -> str:
    """Say how the recipe's weights stand to the other mixes."""
    also = next(arm.also for arm in arms if arm.name == RECIPE)
    text = f" Its weights are those of {listed(also)}." if also else ""
    openings = {
        "gain": "Its weights beat",
        "loss": "Its weights are worse than",
        "none": "No detectable difference from",
    }
    for kind, opening in openings.items():
        alike = [contrast for contrast in contrasts if contrast.outcome == kind]
        said = [
            f"{other.second} ({measure.gain_text(other.estimate)}, {measure.range_text(other.low, other.high)})"
            for other in alike
        ]
        seen = (
            f"; {measure.size_text(max(contrast.detectable for contrast in alike))} would have been seen"
            if alike and kind == "none"
            else ""
        )
        text += f" {opening} {listed(said)}{seen}." if alike else ""
    return text


def _made(contrasts: Sequence[Contrast], measure: Measure) -> str:
    """Say whether what the run makes itself is worth it."""
    said = {"gain": "pay", "loss": "harm", "none": "make no detectable difference", "no claim": "cannot be judged"}
    return "".join(
        f" {WITHOUT[each.second][:1].upper()}{WITHOUT[each.second][1:]} {said[each.outcome]}: "
        f"{measure.gain_text(each.estimate)} ({measure.range_text(each.low, each.high)})."
        for each in contrasts
    )


def _more_rows(contrasts: Sequence[Contrast], arms: Sequence[Arm], measure: Measure) -> str:
    """Say what all rows bring, at a budget that the others do not have."""
    found = next((contrast for contrast in contrasts if contrast.first == ALL_ROWS), None)
    if found is None:
        return ""
    every, other = (next(arm for arm in arms if arm.name == name) for name in (found.first, found.second))
    said = {"gain": "helps", "loss": "harms", "none": "makes no detectable difference", "no claim": "cannot be judged"}
    scores = f"{measure.score_text(every.score or 0)} beside {measure.score_text(other.score or 0)} of {other.name}"
    return (
        f" More data {said[found.outcome]}: every row once, {every.size or 0:,} in all and so not the same budget, "
        f"scores {scores}: {measure.gain_text(found.estimate)} ({measure.range_text(found.low, found.high)})."
    )


def listed(names: Sequence[str]) -> str:
    """Write names one after the other."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
