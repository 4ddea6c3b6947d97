"""Rank correlation, without loading a statistics package."""

import numpy as np
import polars as pl

from tasks.core.imports import importing
from tasks.text.hashing import Floats


def rank_correlation(left: Floats, right: Floats) -> float:
    """Give Spearman's ρ, -1..1; 0 where one side is constant."""
    one, other = (pl.Series(values).rank("average").to_numpy() for values in (left, right))
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / size if size > 0 else 0.0


def rank_p(rho: float, runs: int) -> float:
    """Give the two-sided p of ρ under no relation, by t = ρ √((n-2)/(1-ρ²)) with n - 2 degrees of freedom."""
    with importing:
        from scipy.special import stdtr

    if runs < 3:
        return 1.0
    t = abs(rho) * np.sqrt((runs - 2) / max(1 - rho**2, 1e-300))
    return float(2 * stdtr(runs - 2, -t))
