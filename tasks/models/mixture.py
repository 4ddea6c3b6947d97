"""The mixture of models that explains some texts best: its weights by EM. Arrays in, arrays out."""

import numpy as np

from tasks.text.hashing import Floats

TOLERANCE = 1e-10
MAX_ITERATIONS = 20_000


def em_weights(log_likelihood: Floats) -> Floats:
    """Maximise (1/n) Σ_x log Σ_i w_i p_i(x) over the simplex.

    r = softmax_i(log p_i(x) + log w_i), w = mean_x r, until no weight moves by more than 1e-10 (Jelinek & Mercer 1980).
    The problem is concave: EM never makes it worse, and ends at an optimum.

    Args:
        log_likelihood: log p_i(x), shape (n, K), finite.
    """
    likelihood = np.exp(log_likelihood - log_likelihood.max(1, keepdims=True))
    weights = np.full(likelihood.shape[1], 1 / likelihood.shape[1])
    for _ in range(MAX_ITERATIONS):
        joint = likelihood * weights
        moved = (joint / joint.sum(1, keepdims=True)).mean(0)
        if np.abs(moved - weights).max() < TOLERANCE:
            return moved
        weights = moved
    return weights
