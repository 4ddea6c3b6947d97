"""The `sift` section of a recipe, and the `mix.select` field."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.core import registry
from tasks.core.records import Section
from tasks.core.references import About, NotAll, SourceName, TargetName
from tasks.sift import methods


class SiftSettings(Section):
    """What every way to judge says."""

    kind: str
    drop: float = Field(default=0.1, gt=0, lt=1)
    """Largest share of a source's training rows that may go, the worst first."""
    sources: Annotated[tuple[SourceName, ...], About()] = ()
    """Sources whose rows are judged; empty = all that can be."""


Trusted = Annotated[
    tuple[SourceName, ...], NotAll("source", "every source stands here, so there is none left to judge")
]
"""Sources that the others are compared with; they are not judged."""
Sifting = Annotated[SiftSettings, registry.OneOf(methods)]
"""`label-noise`, or `{kind: perplexity, clean: [papers], drop: 0.05}`."""


class SelectionSettings(Section):
    """Which rows of the other sources stay: those like the target's, drawn by importance without replacement."""

    kind: Literal["dsir"] = "dsir"
    """Hashed n-gram importance (Xie et al. 2023)."""
    target: TargetName
    """Source whose training rows the others are compared with; it keeps all of its rows."""
    keep: float = Field(gt=0, le=1)
    """Share of the other sources' rows, all together, that stay."""
    length: Literal["sum", "mean"] = "sum"
    """Importance of a row: the sum over its n-grams, as in the paper (long rows are then kept or dropped most surely),
    or their mean times the mean length, so that length does not matter."""
