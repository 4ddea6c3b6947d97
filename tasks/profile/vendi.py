"""Vendi score: the number of different things in a sample, as far as a similarity can tell. Friedman and Dieng, TMLR
2023, arXiv 2210.02410.

VS = exp(-sum_i l_i ln l_i), l the eigenvalues of K / n for a similarity matrix K (n x n, ones on the diagonal). In [1,
n]: 1 = all alike, n = nothing in common.
"""

import math

import numpy as np


def vendi_dual(features: np.ndarray) -> float:
    """Score of rows of unit length under the inner product, from the d x d matrix X^T X / n, which has the same
    eigenvalues above 0.

    Args:
        features: shape (n, d); cost grows with n only linearly. The score is at most min(n, d).
    """
    return exp_entropy(np.linalg.eigvalsh(features.T @ features / len(features))) if len(features) else math.nan


def exp_entropy(eigenvalues: np.ndarray) -> float:
    """Give exp(-sum_i l_i ln l_i) of eigenvalues that sum to 1."""
    positive = eigenvalues[eigenvalues > 1e-12]
    return float(np.exp(-(positive * np.log(positive)).sum()))
