"""The `mix.select` field of a recipe."""

from typing import Literal

from pydantic import Field

from tasks.core.records import Section


class SelectSettings(Section):
    """Which rows of the other sources stay: those like the target's, drawn by importance without replacement."""

    kind: Literal["dsir"] = "dsir"
    """Hashed n-gram importance (Xie et al. 2023)."""
    target: str
    """Source whose training rows the others are compared with; it keeps all of its rows."""
    keep: float = Field(gt=0, le=1)
    """Share of the other sources' rows, all together, that stay."""
    length: Literal["sum", "mean"] = "sum"
    """Importance of a row: the sum over its n-grams, as in the paper (long rows are then kept or dropped most surely),
    or their mean
    times the mean length, so that length does not matter."""
