"""How scores get their intervals by resampling: how many replicates, and how sure."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tasks.statistics.bootstrap import percentile_interval

FEW_ROWS = 30
"""With fewer hold-out rows a score of a source says little."""


class Resampling(Protocol):
    """How scores get their intervals."""

    @property
    def resamples(self) -> int:
        """Bootstrap replicates behind an interval."""
        ...

    @property
    def confidence(self) -> float:
        """Share of intervals that hold the true score."""
        ...


def interval(values: NDArray[np.float64], confidence: float) -> list[float]:
    """Give the percentile interval of bootstrap replicates, to six decimals."""
    return [round(end, 6) for end in percentile_interval(values, confidence)]
