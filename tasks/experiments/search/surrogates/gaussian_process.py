"""Gaussian process on √w: a free mean, constant · RBF and white noise (Rasmussen & Williams 2006, chapters 2 and 5.4).
Best when runs are many.

Distances between √w are Hellinger distances between mixes. Length scale and noise are chosen on a grid, for every
column by its own likelihood: on a grid one decomposition per length serves all columns, and there is nothing to
converge.
"""

from typing import Any

import numpy as np

from tasks.experiments.search.ridge import left_out_of, shrinking
from tasks.experiments.search.surrogate import Fitted, Matrix, Vector

SCALE = "log"
LENGTHS = np.geomspace(0.2, 8.0, 10)
"""√w lies at most √2 apart: from mixes that say nothing of each other to all but a quadratic function."""
NOISES = np.geomspace(1e-4, 10.0, 11)
"""Variance of the noise over that of the process."""
MOST = 200
"""Runs that the kernel is chosen by; the process itself uses all. Choosing costs runs³ for every length."""


def suits(runs: int, _sources: int, _columns: int) -> bool:
    """Say yes up to 2,000 runs: the process costs runs³."""
    return runs <= 2000


def fit(mixes: Matrix, costs: Matrix, settings: Any = None) -> Fitted:
    """Fit costs (n, D) to mixes (n, K); the settings are length and noise of every column, shape (D, 2).

    Taking the mean off the kernel on both sides leaves the mean of the costs free, so that guesses for runs left out
    are those of ridge regression (eq. 5.12), exact for the given kernel.
    """
    kernels = _chosen(mixes, costs) if settings is None else np.asarray(settings)
    left_out, weights, apart = np.empty_like(costs), np.empty_like(costs), _distances(mixes, mixes)
    for length in np.unique(kernels[:, 0]):
        values, vectors = np.linalg.eigh(_centred(_kernel(apart, length)))
        spectrum = np.sqrt(np.maximum(values, 0))
        for noise in np.unique(kernels[kernels[:, 0] == length, 1]):
            columns = (kernels == (length, noise)).all(1)
            projected = vectors.T @ (costs[:, columns] - costs[:, columns].mean(0))
            shrink = shrinking(spectrum, float(noise))
            left_out[:, columns] = left_out_of(vectors, shrink, projected, costs[:, columns])
            weights[:, columns] = vectors @ (projected / (np.maximum(values, 0) + noise)[:, None])
    middle, lengths = costs.mean(0), np.unique(kernels[:, 0])

    def predict(other: Matrix) -> Matrix:
        guessed, across = np.tile(middle, (len(other), 1)), _distances(other, mixes)
        for length in lengths:
            columns = kernels[:, 0] == length
            new, within = _kernel(across, length), _kernel(apart, length)
            centred = new - new.mean(1, keepdims=True) - within.mean(0) + within.mean()
            guessed[:, columns] += centred @ weights[:, columns]
        return guessed

    return Fitted(predict, left_out, kernels)


def _chosen(mixes: Matrix, costs: Matrix) -> Matrix:
    """Give length and noise of the highest likelihood for every column, shape (D, 2), mean and variance profiled out
    (REML; Rasmussen & Williams, eq. 2.45).
    """
    sample = np.linspace(0, len(mixes) - 1, min(MOST, len(mixes))).astype(int)
    mixes, costs = mixes[sample], costs[sample]
    free, apart = len(mixes) - 1, _distances(mixes, mixes)
    likelihood = np.empty((len(LENGTHS), len(NOISES), costs.shape[1]))
    for place, length in enumerate(LENGTHS):
        values, vectors = np.linalg.eigh(_centred(_kernel(apart, length)))
        values = np.maximum(values, 0)
        squares = (vectors.T @ (costs - costs.mean(0))) ** 2
        # One of the smallest belongs to the mean, which is free.
        known = np.log(values[1:] + NOISES[:, None]).sum(1)
        fitted = np.maximum((1 / (values + NOISES[:, None])) @ squares / free, 1e-300)
        likelihood[place] = -(free * np.log(fitted) + known[:, None]) / 2
    best = likelihood.reshape(-1, costs.shape[1]).argmax(0)
    return np.column_stack([LENGTHS[best // len(NOISES)], NOISES[best % len(NOISES)]])


def _distances(left: Matrix, right: Matrix) -> Matrix:
    """Give the squared distances between the roots of mixes (m, K) and (n, K), shape (m, n)."""
    roots = np.sqrt(left), np.sqrt(right)
    apart = left.sum(1)[:, None] + right.sum(1) - 2 * roots[0] @ roots[1].T
    return np.maximum(apart, 0)


def _kernel(apart: Matrix, length: float) -> Matrix:
    return np.exp(-apart / (2 * length**2))


def _centred(kernel: Matrix) -> Matrix:
    off: Vector = kernel.mean(0)
    return kernel - off - off[:, None] + off.mean()
