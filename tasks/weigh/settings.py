"""The `mix` section of a recipe as far as it is about shares: weights, phases, floors and ceilings."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from tasks.core import registry
from tasks.core.records import Section
from tasks.core.references import SourceName
from tasks.weigh import methods

Share = Annotated[float, Field(ge=0, le=1)]


Weights = Annotated[Section, registry.OneOf(methods, inline=("given", "shares"))]
"""`{news: 0.4, social: 0.6}`, the name of a method, or `{kind: METHOD, …}`."""


class EvidenceSettings(Section):
    """What the settings of a method are that looks at the sources' rows: its file has a function `evidence`."""

    @property
    def trains_probes(self) -> bool:
        """Whether a model of each source is wanted."""
        return False


class Phase(Section):
    """A stretch of the mix with weights of its own."""

    share: float = Field(gt=0, le=1)
    """Share of the budget; those of all phases sum to 1."""
    weights: Weights
    """As in `mix.weights`."""


class ShareSettings(Section):
    """Where the sources' shares come from, and between what they lie."""

    weights: Weights = Field(default_factory=lambda: registry.load(methods, "proportional").Params())
    """Share of each source by name, or the method that sets them (also as `{kind: METHOD, …}`); by default
    proportional."""
    phases: tuple[Phase, ...] = ()
    """In place of `weights`, for a curriculum or an annealing: `[{share: 0.8, weights: …}, {share: 0.2, weights: …}]`,
    one stretch of the mix after the other, each with exact counts and weights of its own."""
    floors: dict[SourceName, Share] = Field(default_factory=dict)
    """Source -> least share, whatever its weight; holds in every phase."""
    ceilings: dict[SourceName, Share] = Field(default_factory=dict)
    """Source -> largest share, whatever its weight; holds in every phase."""

    @property
    def stretches(self) -> tuple[Phase, ...]:
        """The phases; without any, one that is the whole mix."""
        return self.phases or (Phase(share=1.0, weights=self.weights),)

    @property
    def to_appraise(self) -> tuple[EvidenceSettings, ...]:
        """The weights that are worked out from evidence on the sources, each once."""
        return tuple(weights for weights in self._beyond_sizes if isinstance(weights, EvidenceSettings))

    @property
    def to_recall(self) -> tuple[Section, ...]:
        """The weights that a search has left in the store."""
        return tuple(weights for weights in self._beyond_sizes if not isinstance(weights, EvidenceSettings))

    @property
    def _beyond_sizes(self) -> tuple[Section, ...]:
        by_content = {
            phase.weights.model_dump_json(): phase.weights for phase in self.stretches if needs_evidence(phase.weights)
        }
        return tuple(by_content.values())

    @property
    def trains_probes(self) -> bool:
        """Whether any of these wants a model of each source."""
        return any(weights.trains_probes for weights in self.to_appraise)

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.phases and self.weights != type(self).model_fields["weights"].get_default(call_default_factory=True):
            raise ValueError("weights and phases: say one of them; each phase has weights of its own")
        total = math.fsum(phase.share for phase in self.phases)
        if self.phases and not math.isclose(total, 1, abs_tol=1e-6):
            raise ValueError(f"phases: their shares sum to {total:g}; they must sum to 1")
        if (total := math.fsum(self.floors.values())) > 1 + 1e-9:
            raise ValueError(f"floors: they sum to {total:g}, more than the whole mix")
        for name, floor in self.floors.items():
            if floor > self.ceilings.get(name, 1):
                raise ValueError(f"floors.{name}: {floor:g} is above its ceiling of {self.ceilings[name]:g}")
        return self


class WeighSettings(ShareSettings):
    """All that the shares are settled from."""

    unit: Literal["rows", "tokens"] = "rows"


def needs_evidence(weights: Section) -> bool:
    """Say whether the sizes of the sources are not enough to propose these weights."""
    return hasattr(method_of(weights), "propose_from")


def method_of(weights: Section) -> Any:
    """Give the module of the method that these weights name."""
    return registry.load(methods, weights.model_dump(mode="json")["kind"])
