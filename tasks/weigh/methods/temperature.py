"""Between proportional and uniform: w_i ∝ min(n_i, limit)^(1/T).

T = 1 is proportional; the larger T, the nearer to uniform. Devlin 2018 (multilingual BERT) and Xue et al. 2021 (mT5,
section 3.1) write α = 1/T; the limit is the artificial size limit K of Raffel et al. 2020 (T5, section 3.5.2).

Recipe:
    kind: temperature
    temperature: 3.3
    limit: 2000000
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from tasks.core.records import Section


class Params(Section):
    """How far to flatten."""

    kind: Literal["temperature"] = "temperature"
    temperature: float = Field(default=2.0, gt=0, allow_inf_nan=False)
    """T of n^(1/T): 1 is proportional, larger is nearer to uniform."""
    limit: int | None = Field(default=None, ge=1)
    """A source larger than this counts as this large, in the recipe's unit."""


def propose(sizes: Mapping[str, float], params: Params) -> dict[str, float]:
    """Give each source its limited size to the power 1/T, over the sum of those; 0 to all when all are empty."""
    limited = {name: size if params.limit is None else min(size, float(params.limit)) for name, size in sizes.items()}
    largest = max(limited.values()) or 1.0
    raised = {name: (size / largest) ** (1 / params.temperature) for name, size in limited.items()}
    total = sum(raised.values()) or 1.0
    return {name: value / total for name, value in raised.items()}
