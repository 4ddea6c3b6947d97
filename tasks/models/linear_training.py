"""A linear classifier on fixed features, trained by Adam for a stated number of steps. Arrays in, arrays out;
deterministic.
"""

import math
from typing import Any, Protocol

import numpy as np

from tasks.models.linear import LinearClassifier, log_softmax
from tasks.text.hashing import Ints


class Training(Protocol):
    """How long and how fast a linear classifier learns."""

    @property
    def epochs(self) -> float:
        """Passes over the rows."""
        ...

    @property
    def batch_size(self) -> int:
        """Rows in each step."""
        ...

    @property
    def learning_rate(self) -> float:
        """The largest learning rate; it falls to 0 in a line."""
        ...


MOMENT, SQUARE, TINY = 0.9, 0.999, 1e-8
"""β₁, β₂ and ε of Adam."""


def steps_of(rows: int, settings: Training) -> int:
    """Give the number of optimiser steps: ⌈rows · epochs / batch size⌉, at least 1."""
    return max(1, math.ceil(rows * settings.epochs / settings.batch_size))


def train_linear(
    features: Any, labels: Ints, count: int, settings: Training, rng: np.random.Generator
) -> LinearClassifier:
    """Minimise the mean cross-entropy of softmax(x W + b) from zero (Adam: Kingma & Ba 2015, algorithm 1; learning rate
    to 0 in a line).

    Args:
        features: shape (rows, width), sparse or dense.
        labels: class numbers, shape (rows,); at least one row.
        count: how many classes there are.
        rng: gives the order of the rows, a fresh one for every pass.
    """
    weights = np.zeros((features.shape[1] + 1, count), np.float32)
    moment, square = np.zeros_like(weights), np.zeros_like(weights)
    truth = np.eye(count, dtype=np.float32)
    steps = steps_of(len(labels), settings)
    for step, rows in enumerate(_batches(len(labels), steps, settings.batch_size, rng), 1):
        batch = features[rows]
        errors = np.exp(log_softmax(batch @ weights[:-1] + weights[-1])).astype(np.float32) - truth[labels[rows]]
        gradient = np.vstack([batch.T @ errors, errors.sum(0, keepdims=True)]) / np.float32(len(rows))
        moment += (1 - MOMENT) * (gradient - moment)
        square += (1 - SQUARE) * (gradient**2 - square)
        rate = settings.learning_rate * (1 - (step - 1) / steps) * math.sqrt(1 - SQUARE**step) / (1 - MOMENT**step)
        weights -= np.float32(rate) * moment / (np.sqrt(square) + TINY)
    return LinearClassifier(weights[:-1].T.astype(float), weights[-1].astype(float))


def _batches(rows: int, steps: int, size: int, rng: np.random.Generator) -> list[Ints]:
    passes = math.ceil(steps * size / rows)
    order = np.concatenate([rng.permutation(rows) for _ in range(passes)])
    return [order[step * size : (step + 1) * size] for step in range(steps)]
