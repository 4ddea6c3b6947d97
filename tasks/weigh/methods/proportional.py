"""Every source gets the share that its size is of all: w_i = n_i / Σ n_j, which is concatenation.

Recipe:
    kind: proportional
"""

from collections.abc import Mapping
from typing import Literal

from tasks.core.records import Section


class Params(Section):
    """Nothing to set."""

    kind: Literal["proportional"] = "proportional"


def propose(sizes: Mapping[str, float], _params: Params) -> dict[str, float]:
    """Give each source its size over the sum of sizes; 0 to all when all are empty."""
    total = sum(sizes.values()) or 1.0
    return {name: size / total for name, size in sizes.items()}
