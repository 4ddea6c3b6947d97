"""What weighing says: the share of each source, and what it rests on."""

from collections.abc import Mapping

from pydantic import Field, JsonValue

from tasks.manifests.dropped import Figure
from tasks.manifests.manifest import Facts


class ProbeFacts(Facts):
    """A classifier that was trained on one source alone."""


class EvidenceFacts(Facts):
    """What was worked out about the sources for one `weights` section.

    Attributes:
        section: the method with its settings.
        terms: name of a figure -> source -> value; a source may lack one.
    """

    section: dict[str, JsonValue]
    terms: Mapping[str, Mapping[str, float]]


class WeightsFacts(Facts):
    """The shares of one phase of a mix; of the whole mix, the mean over its phases.

    Attributes:
        share: of the mix.
        weights: source -> share used: after the checks' verdicts, floors and ceilings.
        requested: source -> share asked for, normalised.
        reasons: source -> why it has its share.
        method: the weighing method, `kind`, with its settings.
        why: a row a source: `source`, its figures by name, and `weight`; empty for methods that look at sizes only.
        ceilings: source -> largest share.
        epochs: source -> how often the mix is to hold each of its rows, where the weights say that; it is then as large
            as that takes.
        phases: one after the other; empty where the mix has none.
    """

    share: float = 1.0
    weights: dict[str, float]
    requested: dict[str, float]
    reasons: dict[str, str]
    method: dict[str, JsonValue]
    why: tuple[dict[str, Figure], ...] = ()
    ceilings: dict[str, float] = Field(default_factory=dict)
    epochs: dict[str, float] = Field(default_factory=dict, exclude_if=lambda epochs: not epochs)
    phases: "tuple[WeightsFacts, ...]" = ()

    @property
    def stretches(self) -> "tuple[WeightsFacts, ...]":
        """The phases; without any, the whole mix as one."""
        return self.phases or (self,)
