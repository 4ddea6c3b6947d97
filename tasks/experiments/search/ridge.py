"""Ridge regression with the penalty chosen by exact leave-one-out, for many columns of costs by one decomposition."""

from collections.abc import Callable

import numpy as np

from tasks.experiments.search.surrogate import Fitted, Matrix, Vector

PENALTIES = np.logspace(-5, 2, 15)
FREE = np.zeros(1)
"""No penalty: least squares, the shortest coefficients where several are equally good."""


def fit_ridge(features: Callable[[Matrix], Matrix], mixes: Matrix, costs: Matrix, penalties: Vector) -> Fitted:
    """Fit costs = intercept + features(mixes) b, the intercept free of penalty.

    With X - mean = U S V' and s = S², the guess for run i from the others is y_i - (y_i - fit_i) / (1 - h_i), where
    h = 1/n + U² (s / (s + penalty)) are the leverages (Hastie, Tibshirani & Friedman, Elements of Statistical Learning,
    eq. 7.64).

    Args:
        mixes: shape (n, K).
        costs: shape (n, D).
        penalties: those to choose among, for each column by its leave-one-out squared error.

    Returns:
        The fit; its settings are the chosen penalties, as a vector that holds each one once.
    """
    inputs = features(mixes)
    centre, middle = inputs.mean(0), costs.mean(0)
    left, singular, right = np.linalg.svd(inputs - centre, full_matrices=False)
    projected = left.T @ (costs - middle)
    shrunk = [shrinking(singular, penalty) for penalty in penalties]
    left_out = np.stack([left_out_of(left, shrink, projected, costs) for shrink in shrunk])
    errors = np.nan_to_num(((left_out - costs) ** 2).mean(1), nan=np.inf)
    best = np.argmin(errors, axis=0)
    inverse = np.stack([shrink / np.where(singular > 0, singular, 1) for shrink in shrunk])
    weights = right.T @ (inverse[best].T * projected)
    columns = np.arange(costs.shape[1])
    return Fitted(
        lambda other: (features(other) - centre) @ weights + middle,
        left_out[best, :, columns].T,
        penalties[np.unique(best)],
    )


def shrinking(singular: Vector, penalty: float) -> Vector:
    """Give by what each direction's part of the costs is multiplied: s² / (s² + penalty), 0 where s is."""
    squares = singular**2
    kept = singular > singular.max(initial=0.0) * 1e-10
    return np.where(kept, squares / np.where(kept, squares + penalty, 1), 0.0)


def left_out_of(left: Matrix, shrink: Vector, projected: Matrix, costs: Matrix) -> Matrix:
    """Give the guess for every run from the others, shape (n, D); NaN where the others say nothing.

    Args:
        left: directions as columns, orthogonal to the mean, shape (n, r).
        shrink: what is kept of each, shape (r,).
        projected: costs along them, shape (r, D).
    """
    leverage = 1 / len(costs) + (left**2) @ shrink
    fit = costs.mean(0) + left @ (shrink[:, None] * projected)
    free = np.where(1 - leverage > 1e-8, 1 - leverage, np.nan)
    return costs - (costs - fit) / free[:, None]
