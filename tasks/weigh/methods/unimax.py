"""UniMax (Chung et al. 2023, arXiv 2304.09151): as even as it goes, with small sources capped at `mix.max_epochs`.

Every source is asked for 1/K. One that would be seen more than `mix.max_epochs` times in all (the trainer's epochs
included) gives what it holds that often, and the rest of the budget is spread evenly over the others; so this is
`uniform` with `on_cap: redistribute`. A budget that all sources together cannot fill is an error, not silently less.

Recipe:
    kind: unimax
"""

from collections.abc import Mapping
from typing import Literal

from tasks.core.records import Section


class Params(Section):
    """Nothing to choose; the cap is `mix.max_epochs`, the budget `mix.size`."""

    kind: Literal["unimax"] = "unimax"
    on_cap: Literal["redistribute"] = "redistribute"
    """What a source cannot fill goes to the others; this is what the method is, and holds whatever `mix.on_cap`
    says."""


def propose(sizes: Mapping[str, float], _params: Params) -> dict[str, float]:
    """Ask each of K sources for 1/K, a source without a row for nothing; the plan lays the caps on."""
    filled = sum(size > 0 for size in sizes.values()) or 1
    return {name: 1 / filled if size > 0 else 0.0 for name, size in sizes.items()}
