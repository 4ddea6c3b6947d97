"""How scores get their intervals by resampling: how many replicates, and how sure."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tasks.manifests.scores import Measurement
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


def interval(values: NDArray[np.float64], confidence: float) -> tuple[float, float]:
    """Give the percentile interval of bootstrap replicates, to six decimals."""
    low, high = percentile_interval(values, confidence)
    return round(low, 6), round(high, 6)


def measured(value: float | NDArray[np.float64], replicates: NDArray[np.float64], confidence: float) -> Measurement:
    """Give a value with its interval, to six decimals."""
    return Measurement(value=round(float(value), 6), interval=interval(replicates, confidence))
