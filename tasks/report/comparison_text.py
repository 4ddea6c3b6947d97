"""How the numbers of a comparison are written, on its page and in the UI."""

from tasks.experiments.comparison import Comparison
from tasks.experiments.valuation import Estimate
from tasks.objectives.parts import measure_named

VALUES = {
    "leave_one_out": "left out",
    "elsewhere": "left out, for the others",
    "home": "left out, at home",
    "add_one": "added",
    "shapley": "Shapley",
}
FINDING = {"gain": "▲ better", "loss": "▼ worse", "none": "no detectable difference", "no claim": "no claim"}


class ComparisonText:
    """Writes the numbers of one comparison as text."""

    def __init__(self, comparison: Comparison) -> None:
        self.measure, self.on = measure_named(comparison.metric), comparison.shapley.on
        there = [value for value in VALUES if any(getattr(source, value) for source in comparison.worth)]
        self.values = [value for value in there if value != "leave_one_out" or "elsewhere" not in there]
        """What of the sources' worth is shown; the cost of leaving one out by place, where it is known."""

    def score(self, score: float | None) -> str:
        """Write a score."""
        return "–" if score is None else self.measure.score_cell(score)

    def tick(self, score: float) -> str:
        """Write a score at an axis."""
        return self.score(score).replace(".0 %", " %")

    def gain(self, gain: float) -> str:
        """Write a difference."""
        return self.measure.gain_text(gain)

    def gain_tick(self, gain: float) -> str:
        """Write a difference at an axis."""
        return "0" if abs(gain) < 1e-12 else self.short(self.gain(gain)).removesuffix(" points").replace(".0", "")

    def short(self, difference: str) -> str:
        """Write a difference beside a chart, where there is little room and the measure is known."""
        return difference.removesuffix(f" {self.measure.name}")

    def size(self, size: float) -> str:
        """Write the size of a difference."""
        return self.measure.size_text(size)

    def span(self, low: float, high: float) -> str:
        """Write an interval of differences."""
        return self.measure.range_text(low, high)

    def spread(self, deviation: float | None) -> str:
        """Write a standard deviation."""
        return "–" if deviation is None else self.measure.deviation_text(deviation)

    def p(self, chance: float) -> str:
        """Write a p value."""
        return "< 0.001" if chance < 0.001 else f"{chance:.3f}"

    def times(self, factor: float) -> str:
        """Write how many times as much something is."""
        return f"{factor:.1f} ×" if factor < 10 else f"{factor:,.0f} ×"

    def in_nats(self, value: str) -> bool:
        """Say whether a value is an amount of log likelihood: Shapley's, where an ensemble says what sets of sources
        are worth.
        """
        return value == "shapley" and self.on == "ensemble"

    def nats_tick(self, value: float) -> str:
        """Write an amount of log likelihood at an axis."""
        return f"{value:+.2f}".replace("-", "−")

    def value(self, value: str, worth: float) -> str:
        """Write what a source is worth."""
        return f"{worth:+.3f} nats".replace("-", "−") if self.in_nats(value) else self.gain(worth)

    def value_span(self, value: str, estimate: Estimate) -> str:
        """Write the interval of a source's worth."""
        return (
            f"{estimate.low:+.3f} to {estimate.high:+.3f}".replace("-", "−")
            if self.in_nats(value)
            else self.span(estimate.low, estimate.high)
        )
