"""Least squares on the shares themselves. Reads well, ranks badly: the effect of a source is not straight in its
share.
"""

from typing import Any

from tasks.experiments.search.ridge import FREE, fit_ridge
from tasks.experiments.search.surrogate import Fitted, Matrix

SCALE = "plain"


def suits(_runs: int, _sources: int, _columns: int) -> bool:
    """Say no: for comparison only."""
    return False


def fit(mixes: Matrix, costs: Matrix, _settings: Any = None) -> Fitted:
    """Fit costs (n, D) to mixes (n, K)."""
    return fit_ridge(lambda shares: shares, mixes, costs, FREE)
