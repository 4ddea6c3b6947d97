"""How often the mix holds each row of a source: w_i = e_i n_i / Σ e_j n_j, with the mix Σ e_j n_j large.

2 is every row twice, 0.5 every second row once, 0 leaves a source out. The numbers stand beside `kind`. They say how
large the mix is, too, so that `mix.size` stays `all`; a phase, a comparison's arm and a trial have a size already, and
there the numbers of sources keep their proportions. Epochs of training come on top of them.

Recipe:
    kind: epochs
    news: 2
    social: 0.5
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from tasks.core.records import Section
from tasks.core.references import MemberName, NamesAll


class Params(Section):
    """How often each source's rows stand in the mix."""

    KEYS_BESIDE: ClassVar[str] = "epochs"

    kind: Literal["epochs"] = "epochs"
    epochs: Annotated[
        dict[MemberName, Annotated[float, Field(json_schema_extra={"minimum": 0})]],
        NamesAll("member", "{noun} {name!r} has no number of epochs; write 0 to leave it out"),
    ] = Field(min_length=1)
    """Source -> how often the mix holds each of its rows, on average; the sources stand beside `kind`."""

    @model_validator(mode="after")
    def _usable(self) -> "Params":
        bad = {name: often for name, often in self.epochs.items() if not 0 <= often < float("inf")}
        if bad:
            raise ValueError(f"epochs must be finite and at least 0; got {bad}")
        if not any(self.epochs.values()):
            raise ValueError("all epochs are 0; at least one source needs more than that")
        return self


def propose(sizes: Mapping[str, float], params: Params) -> dict[str, float]:
    """Give each source its part of Σ e_j n_j; 0 to all when all are empty."""
    given = {name: params.epochs.get(name, 0.0) * size for name, size in sizes.items()}
    total = sum(given.values()) or 1.0
    return {name: part / total for name, part in given.items()}


def epochs_of(params: Params) -> dict[str, float]:
    """Give how often each source is to be gone through, which says how large the mix is."""
    return dict(params.epochs)
