"""Ridge on [w, √w, products of two shares]: for sources that help or hurt each other."""

from typing import Any

from tasks.experiments.search.ridge import PENALTIES, fit_ridge
from tasks.experiments.search.surrogate import Fitted, Matrix, with_products

SCALE = "log"


def suits(_runs: int, _sources: int, _columns: int) -> bool:
    """Say yes, always: the penalty keeps it straight where the runs do not say otherwise."""
    return True


def fit(mixes: Matrix, costs: Matrix, settings: Any = None) -> Fitted:
    """Fit costs (n, D) to mixes (n, K); the settings are the penalties to choose among."""
    return fit_ridge(with_products, mixes, costs, PENALTIES if settings is None else settings)
