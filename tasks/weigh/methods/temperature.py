"""Between proportional and uniform: w_i ∝ n_i^(1/T) (Devlin 2018 for mBERT; Xue et al. 2021, mT5, section 3.1, there as α = 1/T).

T = 1 is proportional; the larger T, the closer to uniform.

Recipe:
    kind: temperature
    temperature: 3.3
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from tasks.records import Section


class Params(Section):
    """How far to flatten."""

    kind: Literal["temperature"] = "temperature"
    temperature: float = Field(default=2.0, gt=0)
    """T above; without unit."""


def propose(sizes: Mapping[str, float], params: Params) -> dict[str, float]:
    """Give each source its size to the power 1/T, over the sum of those."""
    largest = max(sizes.values())
    raised = {name: (size / largest) ** (1 / params.temperature) for name, size in sizes.items()}
    total = sum(raised.values())
    return {name: value / total for name, value in raised.items()}
