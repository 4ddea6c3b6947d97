"""From a surrogate to the mix to use: the mean of the best of many candidates, polished, between the limits and near
the prior.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.core.imports import importing
from tasks.experiments.search.simplex import Limits, divergence, draw
from tasks.experiments.search.surrogate import Matrix, Vector

STRENGTHS = np.array([0.3, 0.6, 1.0, 2.5, 6.0])
"""Concentrations of the candidates, times the number of sources: from corners to near the centre."""
TOP = 32
PULL = 0.05
"""What KL(w ‖ prior) costs, in standard deviations of the runs' costs per nat (olmix: 0.05 … 0.1)."""


@dataclass(frozen=True)
class Region:
    """Where to look for a mix.

    Attributes:
        centre: the middle of the candidates, shape (K,): the prior, or the mean of the mixes tried.
        best: the best mix tried, shape (K,); candidates are drawn around it, too.
        limits: between what the shares lie.
        prior: the mix to stay near, where there is one.
    """

    centre: Vector
    best: Vector
    limits: Limits
    prior: Vector | None = None


def candidates(region: Region, count: int, rng: np.random.Generator) -> Matrix:
    """Draw mixes between the limits: three quarters around the centre, the rest around the best mix tried."""
    sources = len(region.centre)
    near = count // 4
    drawn = [
        draw(region.centre, sources * STRENGTHS, count - near, rng),
        draw(region.best, np.array([10.0, 30.0, 100.0]), near, rng),
    ]
    return region.limits.within(np.vstack(drawn))


def recommend(
    predict: Callable[[Matrix], Vector], spread: float, region: Region, drawn: Matrix, *, polish: bool = True
) -> Vector:
    """Give the mix of least guessed cost, shape (K,).

    Args:
        predict: mixes -> costs.
        spread: standard deviation of the runs' costs; the unit of the pull to the prior.
        drawn: the candidates.
        polish: go on from the mean of the best by sequential quadratic programming. That follows the surrogate to where
            few or no runs are, so that the result is kept only if it is better by the surrogate's word.
    """

    def cost(mixes: Matrix) -> Vector:
        pull = 0 if region.prior is None else PULL * spread * divergence(mixes, region.prior)
        return predict(mixes) + pull

    mean = drawn[np.argsort(cost(drawn), kind="stable")[:TOP]].mean(0)
    mixes = [region.limits.tidy(mean[None])[0]]
    if polish:
        mixes.append(region.limits.tidy(_polish(cost, mean, region.limits)[None])[0])
    return mixes[int(cost(np.stack(mixes)).argmin())]


def _polish(cost: Callable[[Matrix], Vector], start: Vector, limits: Limits) -> Vector:
    with importing:
        from scipy.optimize import minimize

    step = 1e-5 * np.eye(len(start))

    def slope(mix: Vector) -> Vector:
        low = np.maximum(mix - step, 0)
        return (cost(mix + step) - cost(low)) / np.diag(mix + step - low)

    def value(mix: Vector) -> float:
        return float(cost(np.maximum(mix, 0)[None])[0])

    total = {"type": "eq", "fun": lambda mix: mix.sum() - 1, "jac": np.ones_like}
    within = list(zip(limits.low, limits.high, strict=True))
    options: Any = {
        "method": "SLSQP",
        "bounds": within,
        "constraints": [total],
        "options": {"maxiter": 60, "ftol": 1e-8},
    }
    minimum = minimize(value, start, jac=slope, **options)
    return np.clip(np.where(np.isfinite(minimum.x), minimum.x, start), limits.low, limits.high)
