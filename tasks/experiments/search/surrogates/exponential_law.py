"""Data mixing law: L = c + exp(Σ_j t_j w_j) for every column of losses (Ye et al. 2025, arXiv 2403.16952).

Their k_i is left out: the shares sum to 1, so that it is part of t. A law of one domain's loss: fit it per domain and
    sum, never to an average.
"""

from typing import Any

import numpy as np

from tasks.core.imports import importing
from tasks.experiments.search.surrogate import Fitted, Matrix, Vector

SCALE = "plain"
HUBER = 0.05
"""Residual, in the unit of the losses, from where on it counts linearly."""
FLOORS = 30
POLISHED = 3
STEEPEST = 80.0
"""Most that |t_j| may be."""


def suits(_runs: int, _sources: int, _columns: int) -> bool:
    """Say no: for comparison only. It has no closed form for runs left out, and ranks no better than the others do."""
    return False


def fit(mixes: Matrix, costs: Matrix, settings: Any = None) -> Fitted:
    """Fit costs (n, D) to mixes (n, K); the settings are the coefficients [c, t] to start from, shape (D, 1 + K)."""
    starts = [None] * costs.shape[1] if settings is None else list(settings)
    laws = np.stack([fit_law(mixes, column, start) for column, start in zip(costs.T, starts, strict=True)])
    return Fitted(lambda other: laws[:, 0] + np.exp(np.minimum(other @ laws[:, 1:].T, STEEPEST)), None, laws)


def fit_law(mixes: Matrix, losses: Vector, start: Vector | None = None, huber: float = HUBER) -> Vector:
    """Find [c, t], shape (1 + K,), of least mean Huber loss.

    For c on a grid below the lowest loss, log(y - c) is fitted to w by least squares weighted with y - c; the best few
    are polished, c then free up to the highest loss. Losses at or below 0 (a negated accuracy) move the grid below
    them.
    """
    lowest, spread = losses.min(), max(float(np.ptp(losses)), 1e-12)
    bottom = 0.0 if lowest > 0 else lowest - 10 * spread
    grid = np.linspace(bottom, lowest, FLOORS, endpoint=False)
    starts = [np.r_[floor, _straight(mixes, losses - floor)] for floor in grid] if start is None else [start]
    starts.sort(key=lambda law: mean_huber(_law(law, mixes) - losses, huber))
    bounds = (
        np.r_[bottom, np.full(mixes.shape[1], -STEEPEST)],
        np.r_[losses.max() + spread, np.full(mixes.shape[1], STEEPEST)],
    )
    polished = [
        _polish(mixes, losses, np.clip(law, bounds[0] + 1e-9, bounds[1] - 1e-9), bounds, huber)
        for law in starts[:POLISHED]
    ]
    return min(polished, key=lambda law: mean_huber(_law(law, mixes) - losses, huber))


def mean_huber(residuals: Vector, threshold: float) -> float:
    """Average r²/2 where |r| is below the threshold, threshold · (|r| - threshold/2) elsewhere."""
    size = np.abs(residuals)
    return float(np.where(size <= threshold, size**2 / 2, threshold * (size - threshold / 2)).mean())


def _law(law: Vector, mixes: Matrix) -> Vector:
    return np.asarray(law[0] + np.exp(np.minimum(mixes @ law[1:], STEEPEST)), float)


def _straight(mixes: Matrix, above: Vector) -> Vector:
    return np.asarray(np.linalg.lstsq(mixes * above[:, None], np.log(above) * above, rcond=None)[0], float)


def _polish(mixes: Matrix, losses: Vector, start: Vector, bounds: tuple[Vector, Vector], huber: float) -> Vector:
    with importing:
        from scipy.optimize import least_squares

    def slope(law: Vector) -> Matrix:
        return np.hstack([np.ones((len(mixes), 1)), (_law(law, mixes) - law[0])[:, None] * mixes])

    fitted = least_squares(
        lambda law: _law(law, mixes) - losses,
        start,
        slope,  # pyright: ignore[reportArgumentType]
        bounds,
        loss="huber",
        f_scale=huber,
        max_nfev=200,
    )
    return fitted.x
