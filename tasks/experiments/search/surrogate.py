"""What every kind of surrogate gives, and the features of a mix that several of them use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A surrogate fitted to n runs on mixes of K sources, for D columns of costs at once.

    Attributes:
        predict: mixes, shape (m, K) -> costs, shape (m, D).
        left_out: cost of every run as guessed from all others, shape (n, D); None where that takes fitting again. NaN
            where the others say nothing about the run.
        settings: what was searched for apart from the coefficients (penalties, a kernel, a start); a fit that is given
            it searches no more.
    """

    predict: Callable[[Matrix], Matrix]
    left_out: Matrix | None
    settings: Any


def with_roots(mixes: Matrix) -> Matrix:
    """Give [w, √w], shape (n, 2K): √ because the first percent of a source does more than the tenth."""
    return np.hstack([mixes, np.sqrt(mixes)])


def with_products(mixes: Matrix) -> Matrix:
    """Give [w, √w, w_i w_j for i < j], shape (n, 2K + K(K-1)/2): sources that help or hurt each other."""
    left, right = np.triu_indices(mixes.shape[1], 1)
    return np.hstack([mixes, np.sqrt(mixes), mixes[:, left] * mixes[:, right]])
