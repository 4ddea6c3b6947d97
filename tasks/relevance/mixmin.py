"""Weights from one model per source: of their mixture (MixMin) and of their average (Merge to Mix). Arrays in, arrays
out.
"""

from collections.abc import Sequence

import numpy as np

from tasks.core.imports import importing
from tasks.models.linear import Head, log_softmax
from tasks.relevance.mixture import em_weights
from tasks.text.hashing import Floats, Ints

LEAST = 1e-3
"""Least probability of a label: one row that a model finds impossible shall not decide."""


def mixture_weights(logits: Floats, labels: Ints) -> Floats:
    """Maximise (1/n) Σ_(x,y) log Σ_i w_i p_i(y|x) (Thudi et al. 2025, arXiv 2502.10510), by EM.

    Args:
        logits: of each source's model on the target's rows, shape (K, n, labels).
        labels: class numbers of those rows, shape (n,).
    """
    chances = np.maximum(np.exp(log_softmax(logits)), LEAST)
    chances /= chances.sum(-1, keepdims=True)
    return em_weights(np.log(chances[:, np.arange(len(labels)), labels]).T)


def merge_weights(logits: Floats, labels: Ints) -> Floats:
    """Minimise the loss of the averaged model on the target's rows: L(w) = mean_(x,y) −log softmax(Σ_i w_i z_i(x))_y
    over the simplex.

    The logits of an average of linear models are the average of their logits, so L is convex in w; its optimum is found
    by sequential
    quadratic programming with the exact gradient.

    Args:
        logits: z_i(x), shape (K, n, labels).
        labels: class numbers, shape (n,).
    """
    with importing:
        from scipy.optimize import minimize

    truth = np.eye(logits.shape[2])[labels]

    def loss(weights: Floats) -> tuple[float, Floats]:
        logs = log_softmax(np.tensordot(weights, logits, 1))
        gradient = np.einsum("kny,ny->k", logits, np.exp(logs) - truth) / len(labels)
        return float(-(logs * truth).sum() / len(labels)), gradient

    count = len(logits)
    whole = {"type": "eq", "fun": lambda weights: weights.sum() - 1, "jac": np.ones_like}
    start = np.full(count, 1 / count)
    found = minimize(
        loss,
        start,
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * count,
        constraints=whole,
        options={"maxiter": 500, "ftol": 1e-12},
    )
    weights = np.clip(found.x, 0, 1)
    return weights / weights.sum()


def averaged(heads: Sequence[Head], weights: Sequence[float]) -> Head:
    """Average models that have the same start and shape: θ = Σ w_i θ_i."""
    coefficients = sum(weight * head.coefficients for head, weight in zip(heads, weights, strict=True))
    intercepts = sum(weight * head.intercepts for head, weight in zip(heads, weights, strict=True))
    return Head(np.asarray(coefficients), np.asarray(intercepts))
