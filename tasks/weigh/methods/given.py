"""The weights of the recipe, as they are.

Weights that do not sum to 1 are normalised, and the log says so; a weight of 0 leaves a source out.

Recipe:
    kind: given
    shares: {news: 0.4, social: 0.3, papers: 0.3}
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tasks.core.records import Section
from tasks.core.references import MemberName, NamesAll


class Params(Section):
    """Share of each source in the mix, in the recipe's unit."""

    kind: Literal["given"] = "given"
    shares: Annotated[
        dict[MemberName, Annotated[float, Field(json_schema_extra={"minimum": 0})]],
        NamesAll("member", "{noun} {name!r} has no weight; write 0 to leave it out"),
    ] = Field(min_length=1)
    """Source -> share of the mix; normalised to sum to 1."""

    @model_validator(mode="after")
    def _usable(self) -> "Params":
        bad = {name: share for name, share in self.shares.items() if not 0 <= share < float("inf")}
        if bad:
            raise ValueError(f"weights must be finite and at least 0; got {bad}")
        if not any(self.shares.values()):
            raise ValueError("all weights are 0; at least one source needs a weight above 0")
        return self


def propose(_sizes: Mapping[str, float], params: Params) -> dict[str, float]:
    """Give the weights of the recipe; sizes do not matter."""
    return dict(params.shares)
