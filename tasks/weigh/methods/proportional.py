"""Every source gets the share that its size is of all: concatenation.

Recipe:
    kind: proportional
"""

from collections.abc import Mapping
from typing import Literal

from tasks.records import Section


class Params(Section):
    """Nothing to set."""

    kind: Literal["proportional"] = "proportional"


def propose(sizes: Mapping[str, float], params: Params) -> dict[str, float]:  # noqa: ARG001
    """Give each source its size over the sum of sizes."""
    total = sum(sizes.values())
    return {name: size / total for name, size in sizes.items()}
