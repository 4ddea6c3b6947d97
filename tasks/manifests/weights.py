"""What weighing says: the share of each source, and what it rests on."""

from collections.abc import Mapping

from pydantic import Field, JsonValue

from tasks.manifests.dropped import Figure
from tasks.manifests.manifest import Facts


class ProbeFacts(Facts):
    """A classifier that was trained on one source alone."""


class EvidenceFacts(Facts):
    """What was worked out about the sources for one `weights` section."""

    section: dict[str, JsonValue]
    """The method with its settings."""
    terms: Mapping[str, Mapping[str, float]]
    """Name of a figure -> source -> value; a source may lack one."""


class WeightsFacts(Facts):
    """The shares of one phase of a mix; of the whole mix, the mean over its phases."""

    share: float = 1.0
    """Of the mix."""
    weights: dict[str, float]
    """Source -> share used: after the checks' verdicts, floors and ceilings."""
    requested: dict[str, float]
    """Source -> share asked for, normalised."""
    reasons: dict[str, str]
    """Source -> why it has its share."""
    method: dict[str, JsonValue]
    """The weighing method, `kind`, with its settings."""
    why: tuple[dict[str, Figure], ...] = ()
    """A row a source: `source`, its figures by name, and `weight`; empty for methods that look at sizes only."""
    ceilings: dict[str, float] = Field(default_factory=dict)
    """Source -> largest share."""
    phases: "tuple[WeightsFacts, ...]" = ()
    """One after the other; empty where the mix has none."""

    @property
    def stretches(self) -> "tuple[WeightsFacts, ...]":
        """The phases; without any, the whole mix as one."""
        return self.phases or (self,)
