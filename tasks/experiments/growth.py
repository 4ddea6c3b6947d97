"""What a comparison says of more rows of the same mixes."""

from tasks.core.records import Section
from tasks.experiments.valuation import Estimate


class CurvePoint(Section):
    """What a mix of one size scores."""

    size: int
    seeds: int
    score: float
    low: float
    high: float
    """Interval of the score, by itself."""
    to_largest: Estimate | None = None
    """Score of the largest size minus this one's; None of the largest. The intervals hold for all points of all curves
    together."""


class LearningCurve(Section):
    """What more rows bring a mix, none of them repeated."""

    arm: str
    points: tuple[CurvePoint, ...]
    helps: int | None = None
    """The largest size beyond which more rows were shown to help."""
    enough: int | None = None
    """The smallest size from which on more rows, up to the largest size, bring less than the margin."""
