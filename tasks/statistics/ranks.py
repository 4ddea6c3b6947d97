"""Rank correlation."""

from typing import Any

import numpy as np

from tasks.core.imports import importing
from tasks.text.hashing import Floats


def spearman(left: Floats, right: Floats) -> tuple[float, float]:
    """Give Spearman's ρ, −1..1, and its two-sided p under no relation; ρ 0 and p 1 where one side is constant."""
    with importing:
        from scipy.stats import spearmanr

    if len(left) < 3 or np.ptp(left) == 0 or np.ptp(right) == 0:
        return 0.0, 1.0
    correlation: Any = spearmanr(left, right)
    return float(correlation.statistic), float(correlation.pvalue)
