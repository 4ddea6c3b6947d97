"""Gaussian process on √w: constant · RBF + white noise (Rasmussen & Williams 2006, chapters 2 and 5.4.2). Best when
runs are many.

Distances between √w are Hellinger distances between mixes. All columns of costs share one kernel.
"""

import warnings
from typing import Any

import numpy as np

from tasks.core.imports import importing
from tasks.experiments.search.surrogate import Fitted, Matrix

SCALE = "log"
MOST = 200
"""Runs that the kernel is fitted to; the process itself uses all. Fitting costs runs³ at every step."""


def suits(runs: int, _sources: int, _columns: int) -> bool:
    """Say yes up to 2,000 runs: the process costs runs³."""
    return runs <= 2000


def fit(mixes: Matrix, costs: Matrix, settings: Any = None) -> Fitted:
    """Fit costs (n, D) to mixes (n, K); the settings are the kernel.

    The guess for run i from the others is y_i - [K⁻¹ y]_i / [K⁻¹]_ii, exact for the given kernel (Rasmussen & Williams,
    eq. 5.12).
    """
    with importing:
        from scipy.linalg import cho_solve
        from sklearn.gaussian_process import GaussianProcessRegressor

    kernel = _kernel(mixes, costs) if settings is None else settings
    given: Any = None  # no search
    process: Any = GaussianProcessRegressor(kernel, optimizer=given, normalize_y=True).fit(np.sqrt(mixes), costs)
    inverse = cho_solve((process.L_, True), np.eye(len(mixes)))
    spread = costs.std(0)
    off = process.alpha_.reshape(costs.shape) / np.diag(inverse)[:, None]
    return Fitted(
        lambda other: process.predict(np.sqrt(other)).reshape(len(other), costs.shape[1]),
        costs - off * np.where(spread > 0, spread, 1),
        kernel,
    )


def _kernel(mixes: Matrix, costs: Matrix) -> Any:
    with importing:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    sample = np.linspace(0, len(mixes) - 1, min(MOST, len(mixes))).astype(int)
    start = ConstantKernel(1.0) * RBF(1.0) + WhiteKernel(0.1)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # a kernel at the edge of its range is an answer: no noise, or nothing but noise
        return GaussianProcessRegressor(start, normalize_y=True).fit(np.sqrt(mixes[sample]), costs[sample]).kernel_
