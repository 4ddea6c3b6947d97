"""How much of a target stands in other sources, too."""

from tasks.core.records import Section
from tasks.manifests.manifest import Facts


class LeakedRow(Section):
    """A row of the target whose text stands in another source."""

    row: str
    there: str
    """Id of the row there."""
    text: str


class LeakFacts(Facts):
    """How much of a target stands in each other source."""

    shares: dict[str, float]
    """Source -> share of the target's rows."""
    examples: dict[str, tuple[LeakedRow, ...]]
