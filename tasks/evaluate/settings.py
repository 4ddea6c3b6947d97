"""The `evaluate` section of a recipe."""

from pydantic import Field

from tasks.core.records import Section


class EvaluateSettings(Section):
    """How scores get their intervals."""

    resamples: int = Field(default=1_000, ge=100, le=1_000_000)
    """Bootstrap replicates behind an interval."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    """Share of intervals that hold the true score."""
