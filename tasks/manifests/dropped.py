"""What a step says of the rows it dropped, in the same shape for every step: cleaning, duplicates, contamination."""

from collections.abc import Mapping

from pydantic import Field

from tasks.core.records import Section

Figure = int | float | str | None


def figure_text(value: Figure) -> str:
    """Write a figure for people."""
    if isinstance(value, float):
        return f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else value or "–"


def in_words(figures: Mapping[str, Figure]) -> str:
    """Write figures for people, each after its name."""
    return ", ".join(f"{name} {figure_text(value)}" for name, value in figures.items())


class DroppedRow(Section):
    """A dropped row to look at."""

    source: str
    row_id: str
    reason: str
    text: str = ""
    """Cut to what a page can show; empty where it must not be shown, as with personal data."""
    other: str = ""
    """Where the row stands that it repeats: a source, `<side>/<source>` of what is kept aside, or a benchmark."""
    other_text: str = ""
    score: float | None = None
    """See the step's `score`."""
    why: str = ""


class Dropped(Section):
    """What one step dropped."""

    step: str
    """Such as `near-duplicates`."""
    counts: dict[str, dict[str, int]] = Field(default_factory=dict)
    """Source -> reason code -> rows."""
    figures: dict[str, Figure] = Field(default_factory=dict)
    """Name for people -> figure of the whole step."""
    by_source: dict[str, dict[str, Figure]] = Field(default_factory=dict)
    """Source -> name for people -> figure."""
    score: str = ""
    """What the score of an example is, for people."""
    examples: tuple[DroppedRow, ...] = ()

    @property
    def rows(self) -> int:
        """Count the rows that the step dropped."""
        return sum(sum(reasons.values()) for reasons in self.counts.values())

    @property
    def sources(self) -> list[str]:
        """List the sources of which something is said."""
        return list(dict.fromkeys([*self.by_source, *self.counts]))

    def of_source(self, source: str) -> str:
        """Say of one source the reason codes with their rows, and its figures."""
        return in_words({**self.counts.get(source, {}), **self.by_source.get(source, {})})

    @property
    def title(self) -> str:
        """Name the step for people."""
        words = self.step.replace("-", " ")
        return words[:1].upper() + words[1:]
