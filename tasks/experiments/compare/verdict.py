"""The verdict in words: does combining help, are these the weights, and how large a difference could have been seen."""

from collections.abc import Sequence

from tasks.experiments.compare.contrasts import FEWEST_ROWS, FEWEST_SEEDS
from tasks.experiments.compare.settings import RECIPE
from tasks.experiments.comparison import (
    Arm,
    Contrast,
    Findings,
    Outcome,
)
from tasks.objectives.measuring import Measure
from tasks.objectives.parts import measure_named


def verdict(arms: Sequence[Arm], findings: Findings, confidence: float) -> tuple[Outcome, str]:
    """Give the outcome (of the recipe's mix over the best single source) and the sentence."""
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
    others = [contrast for contrast in contrasts if contrast.first == RECIPE and _kind(arms, contrast.second) == "mix"]
    beside = _beside(others, arms, measure)
    if over_single is None:
        return "no claim", f"No claim: no source alone was tried beside the recipe's mix.{beside}"
    combining = _combining(over_single, ours, arms, measure, confidence)
    return over_single.outcome, combining + _else(contrasts, arms, over_single, measure) + beside


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
    said = {"gain": "Combining helps", "loss": "Combining harms", "none": "No detectable gain from combining"}[
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
        f" Another mix does: {best.first}, {measure.gain_text(best.estimate)} "
        f"({measure.range_text(best.low, best.high)})."
    )


def _beside(contrasts: Sequence[Contrast], arms: Sequence[Arm], measure: Measure) -> str:
    """Say how the recipe's weights stand to the other mixes."""
    also = next(arm.also for arm in arms if arm.name == RECIPE)
    text = f" Its weights are those of {_listed(also)}." if also else ""
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
        text += f" {opening} {_listed(said)}{seen}." if alike else ""
    return text


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
