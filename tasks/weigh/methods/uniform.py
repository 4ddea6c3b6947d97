"""The same share for every source that holds anything, whatever its size: w_i = 1/K.

Recipe:
    kind: uniform
"""

from collections.abc import Mapping
from typing import Literal

from tasks.core.records import Section


class Params(Section):
    """Nothing to set."""

    kind: Literal["uniform"] = "uniform"


def propose(sizes: Mapping[str, float], _params: Params) -> dict[str, float]:
    """Give each of K sources 1/K; a source without a row has nothing to give and gets 0."""
    filled = sum(size > 0 for size in sizes.values()) or 1
    return {name: 1 / filled if size > 0 else 0.0 for name, size in sizes.items()}
