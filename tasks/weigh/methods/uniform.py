"""The same share for every source, whatever its size.

Recipe:
    kind: uniform
"""

from collections.abc import Mapping
from typing import Literal

from tasks.records import Section


class Params(Section):
    """Nothing to set."""

    kind: Literal["uniform"] = "uniform"


def propose(sizes: Mapping[str, float], params: Params) -> dict[str, float]:  # noqa: ARG001 (all methods are called alike)
    """Give each of K sources 1/K."""
    return {name: 1 / len(sizes) for name in sizes}
