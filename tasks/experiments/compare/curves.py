"""Would more rows help, and from where on not? Each mix under growing budgets. Arrays in, records out."""

from collections.abc import Mapping, Sequence

import numpy as np

from tasks.experiments.compare.contrasts import TrialResults, held_together, may_claim, shown
from tasks.experiments.growth import CurvePoint, LearningCurve
from tasks.experiments.mixes import Mix, largest, size_of, sized
from tasks.experiments.valuation import Estimate
from tasks.objectives.measuring import Measure
from tasks.statistics.simultaneous import together


def curve_mixes(
    mixes: Mapping[str, Mix], sizes: Sequence[int], held: Mapping[str, float]
) -> dict[str, tuple[Mix, ...]]:
    """Give every arm's mix under growing budgets, the last of them no larger than repeats no row.

    Args:
        held: what each source of the whole pool holds.
    """
    reached = {name: sorted({min(size, largest(mix, held)) for size in sizes}) for name, mix in mixes.items()}
    return {name: tuple(sized(mixes[name], size) for size in own if size) for name, own in reached.items() if own}


def learning_curves(results: TrialResults, rng: np.random.Generator) -> tuple[LearningCurve, ...]:
    """Score every mix at each size, and compare its largest size with each smaller one; the intervals of these
    differences hold for all sizes of all mixes together (max-T).
    """
    curves = {arm: [mix for mix in mixes if mix in results.predictions] for arm, mixes in results.inputs.curves.items()}
    every = [mix for mixes in curves.values() for mix in mixes]
    if not every:
        return ()
    scores = dict(zip(every, results.intervals([results.predictions[mix].amounts for mix in every], rng), strict=True))
    steps = {mix: mixes[-1] for mixes in curves.values() for mix in mixes[:-1]}
    amounts = [results.amounts({last: 1.0, mix: -1.0}) for mix, last in steps.items()]
    gained: dict[Mix, Estimate] = {}
    if amounts:
        found, family = results.joint(amounts, rng)
        correction, rows = held_together(len(steps)), results.rows.count
        for mix, own, interval in zip(steps, amounts, together(found, family, results.inputs.confidence), strict=True):
            gained[mix] = shown(interval, rows, len(own), correction)
    made: list[LearningCurve] = []
    for arm, mixes in curves.items():
        points = [
            CurvePoint(
                size=size_of(mix) or 0,
                seeds=results.seeds(mix),
                score=scores[mix].estimate,
                low=scores[mix].low,
                high=scores[mix].high,
                to_largest=gained.get(mix),
            )
            for mix in mixes
        ]
        made.append(_judged(arm, points, results.inputs.margin))
    return tuple(curve for curve in made if curve.points)


def _judged(arm: str, points: Sequence[CurvePoint], margin: float) -> LearningCurve:
    """Say beyond which size more rows help, and from which on they bring less than the margin: one-sided
    non-inferiority, as that a source is redundant.
    """
    claimed = [
        (point.size, point.to_largest)
        for point in points
        if point.to_largest and may_claim(point.to_largest.seeds, point.to_largest.rows)
    ]
    helps = max((size for size, gain in claimed if gain.low > 0), default=None)
    enough: int | None = None
    for size, gain in reversed(claimed):
        if gain.high >= margin:
            break
        enough = size
    return LearningCurve(arm=arm, points=tuple(points), helps=helps, enough=enough)


def in_words(curve: LearningCurve, unit: str, measure: Measure, margin: float) -> str:
    """Say what more rows bring a mix."""
    last, told = curve.points[-1].size, list[str]()
    gain = next((point.to_largest for point in curve.points if point.size == curve.helps), None)
    if gain:
        brought = f"{measure.gain_text(gain.estimate)} ({measure.range_text(gain.low, gain.high)})"
        told.append(f"more than {curve.helps:,} {unit} help: {last:,} bring {brought}")
    if curve.enough:
        told.append(
            f"from {curve.enough:,} on, up to {last:,}, more of them bring less than {measure.size_text(margin)}"
        )
    elif gain:
        told.append("where that ends was not seen")
    return f"{curve.arm}: {'; '.join(told) or f'nothing can be told of what more {unit} bring, up to {last:,}'}."
