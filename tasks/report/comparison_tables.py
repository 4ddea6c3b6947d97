"""The tables and the picture that a comparison shows in the Prefect UI."""

import io
from typing import Any

from tasks.core.imports import importing
from tasks.experiments.comparison import Comparison
from tasks.experiments.valuation import Estimate
from tasks.report import words
from tasks.report.comparison_text import FINDING, VALUES, ComparisonText

TABLES = {
    "arms": "Scores of the mixes",
    "differences": "Differences between them",
    "home": "Each source at home: the recipe's mix against its own rows alone",
    "sets": "The recipe's mix against the others, on evaluation sets",
    "worth": "What each source is worth",
}

LITTLE = "little"
"""Ends the words for a difference within the margin."""


def comparison_tables(comparison: Comparison) -> dict[str, list[dict[str, Any]]]:
    """Give the tables that the UI shows: arms, differences, each source at home, worth, and evaluation sets where there
    are any.
    """
    wording = ComparisonText(comparison)
    arms = [
        {
            "mix": " = ".join([arm.name, *arm.also]),
            wording.measure.name: wording.score(arm.score),
            "interval": f"{wording.score(arm.low)} to {wording.score(arm.high)}",
            "seeds": arm.seeds,
            "error": arm.error or "",
        }
        for arm in comparison.arms
    ]
    differences = [
        {
            "difference": f"{contrast.first} − {contrast.second}",
            "finding": FINDING[contrast.outcome],
            "estimate": wording.gain(contrast.estimate),
            "interval": wording.span(contrast.low, contrast.high),
            "p, corrected": wording.p(contrast.holm),
            "would be seen": wording.size(contrast.detectable),
        }
        for contrast in comparison.contrasts
    ]
    worth = [
        {"source": source.source, "word": source.word, "share": words.percent(source.share)}
        | {VALUES[value]: _value(getattr(source, value), wording, value) for value in wording.values}
        for source in comparison.worth
    ]
    tables = {"arms": arms, "differences": differences, "home": _at_home(comparison, wording), "worth": worth}
    return tables | ({"sets": sets} if (sets := _on_sets(comparison, wording)) else {})


def _on_sets(comparison: Comparison, wording: ComparisonText) -> list[dict[str, Any]]:
    return [
        {
            "set": one.name,
            "finding": FINDING[one.outcome],
            "mix": wording.score(one.mix),
            "other mix": one.arm,
            "scores": wording.score(one.other),
            "difference": wording.gain(one.estimate),
            "interval": wording.span(one.low, one.high),
        }
        for one in comparison.on_sets
    ]


def _at_home(comparison: Comparison, wording: ComparisonText) -> list[dict[str, Any]]:
    homes = [(home.source, home.word, home) for home in comparison.at_home]
    mean = comparison.one_for_each
    return [
        {
            "source": name,
            "finding": finding,
            "mix": wording.score(home.mix),
            "alone": wording.score(home.alone),
            "difference": wording.gain(home.estimate),
            "interval": wording.span(home.low, home.high),
        }
        for name, finding, home in [*homes, *([("one for each", FINDING[mean.outcome], mean)] if mean else [])]
    ]


def what_little_is(comparison: Comparison) -> list[str]:
    """Say what the findings at home call little, where one does."""
    if not any(home.word.endswith(LITTLE) for home in comparison.at_home):
        return []
    return [f"At home, “{LITTLE}” is less than compare.margin, {ComparisonText(comparison).size(comparison.margin)}."]


def _value(estimate: Estimate | None, wording: ComparisonText, value: str) -> str:
    return f"{wording.value(value, estimate.estimate)}, {wording.value_span(value, estimate)}" if estimate else "–"


def arms_png(comparison: Comparison) -> bytes | None:
    """Draw the arms with their intervals, as a PNG of a few kilobytes; None when none has a score."""
    with importing:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

    wording, arms = (
        ComparisonText(comparison),
        sorted((arm for arm in comparison.arms if arm.score is not None), key=lambda arm: arm.score or 0),
    )
    if not arms:
        return None
    figure = Figure(figsize=(6, 0.6 + 0.32 * len(arms)), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.add_subplot()
    for at, arm in enumerate(arms):
        axes.plot([arm.low, arm.high], [at, at], color="#7a1f3d", linewidth=1.5)
        axes.plot([arm.score], [at], color="#7a1f3d", marker="s" if arm.kind == "source" else "o")
    axes.set_yticks(range(len(arms)), [arm.name for arm in arms])
    axes.xaxis.set_major_formatter(lambda value, _place: wording.tick(value))
    axes.spines[["top", "right"]].set_visible(False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None}, pil_kwargs={"optimize": True})
    return picture.getvalue()
