"""What a model is measured by, and how that is said: one shape for command line, report, artifacts and cards. Which
measures a task has, its `measures.py` says.
"""

from collections.abc import Mapping
from typing import Any

from tasks.core.records import Section


class Measure(Section):
    """One figure of the metrics."""

    key: str
    """Its name in the metrics; `<key>_interval` is beside it."""
    name: str
    hub: str
    """What the Hub calls it."""
    digits: int = 3
    share: bool = False
    """Whether it is a share of the rows, 0..1, and may be written as a percentage."""

    def say(self, value: float) -> str:
        """Write it for people."""
        return f"{100 * value:.1f} %" if self.share else self.cell(value)

    def between(self, low: float, high: float) -> str:
        """Write a range for people, whose unit has just been said."""
        return f"{100 * low:.1f} to {100 * high:.1f}" if self.share else f"{self.cell(low)} to {self.cell(high)}"

    def cell(self, value: float) -> str:
        """Write it for a table."""
        return f"{value:,.{self.digits}f}"

    def with_interval(self, score: Mapping[str, Any]) -> str:
        """Write it with its interval, where it has one."""
        ends = score.get(f"{self.key}_interval")
        return self.cell(score[self.key]) + (f" ({self.cell(ends[0])} to {self.cell(ends[1])})" if ends else "")


class Measured(Section):
    """How models of one task are measured."""

    measures: tuple[Measure, ...]
    """The first is the one to look at."""
    does: str
    """What a model does, with a place for the measure to look at."""
    baseline: str
    """What it must beat, in two words."""
    baseline_does: str
    """The same in a sentence."""
    hub: str
    """The task as the Hub calls it."""
    model: str
    """What is trained, in words."""

    @property
    def main(self) -> Measure:
        """The measure to look at."""
        return self.measures[0]
