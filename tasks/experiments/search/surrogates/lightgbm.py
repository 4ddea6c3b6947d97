"""Gradient-boosted trees, as RegMix uses them (Liu et al. 2025, arXiv 2407.01492). For hundreds of runs.

One thread: on tables of this size several take longer, and their number would change the trees.

Needs the package lightgbm: pip install "cuvee[lightgbm]"
"""

import importlib
import importlib.util
from typing import Any

import numpy as np

from tasks.core.errors import RecipeError
from tasks.core.imports import importing
from tasks.experiments.search.surrogate import Fitted, Matrix

SCALE = "plain"
FEWEST = 170
ROUNDS = 600
SETTINGS = {
    "objective": "regression",
    "learning_rate": 0.01,
    "seed": 42,
    "verbosity": -1,
    "num_threads": 1,
    "deterministic": True,
}


def suits(runs: int, _sources: int, columns: int) -> bool:
    """Say yes for one column, many runs, and the package at hand."""
    return columns == 1 and runs >= FEWEST and importlib.util.find_spec("lightgbm") is not None


def fit(mixes: Matrix, costs: Matrix, _settings: Any = None) -> Fitted:
    """Fit costs (n, D) to mixes (n, K).

    Raises:
        RecipeError: lightgbm is not installed.
    """
    try:
        with importing:
            lightgbm = importlib.import_module("lightgbm")
    except ModuleNotFoundError as error:
        raise RecipeError(
            'the surrogate lightgbm needs the package of that name: pip install "cuvee[lightgbm]"'
        ) from error
    boosters = [lightgbm.train(SETTINGS, lightgbm.Dataset(mixes, column), ROUNDS) for column in costs.T]
    return Fitted(lambda other: np.column_stack([booster.predict(other) for booster in boosters]), None, None)
