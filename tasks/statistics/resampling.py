"""How scores get their intervals by resampling: how many replicates, and how sure."""

import math
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


def with_end(share: Measurement, rows: int, confidence: float) -> Measurement:
    """Give a share of none or of all rows the end that redrawing them cannot: the rule of three, 3/n at 95 %
    (Hanley & Lippman-Hand 1983).
    """
    beyond = round(min(1.0, -math.log(1 - confidence) / rows), 6)
    ends = {0.0: (0.0, beyond), 1.0: (round(1 - beyond, 6), 1.0)}
    return Measurement(value=share.value, interval=ends.get(share.value, share.interval))
