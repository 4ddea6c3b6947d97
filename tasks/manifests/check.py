"""What the expectations said about one subject, and what the failure policy makes of it."""

from tasks.core.records import Section
from tasks.manifests.manifest import Facts


class Failure(Section):
    """One expectation that did not hold."""

    expectation: str
    column: str | None = None
    severity: str = "critical"
    observed: str = ""
    unexpected: int = 0
    """Rows that failed it."""
    examples: tuple[str, ...] = ()


class CheckResult(Facts):
    """What the expectations said about one subject (a source, or the mix)."""

    subject: str
    passed: bool
    evaluated: int
    failed: tuple[Failure, ...] = ()
    pass_rate: float = 1.0
    """Share of rows that meet every critical row-wise expectation, 0..1."""


class Verdict(Section):
    """What the failure policy makes of a check: `keep`, `warn`, `quarantine` or `downweight`."""

    subject: str
    action: str
    factor: float = 1.0
    """What the source's weight is multiplied with before all are normalised again; 0 leaves it out."""
    reason: str = ""
