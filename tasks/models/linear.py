"""Linear classifiers: logits of features, log probabilities, a file to keep them in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tasks.core.imports import importing
from tasks.text.hashing import Floats, Ints


@dataclass(frozen=True)
class LinearClassifier:
    """A classifier: logits(x) = x · coefficients' + intercepts.

    Attributes:
        coefficients: shape (labels, buckets).
        intercepts: shape (labels,).
    """

    coefficients: Floats
    intercepts: Floats

    def logits(self, features: Any) -> Floats:
        """Give the logits of sparse features (rows, buckets), shape (rows, labels)."""
        return np.asarray(features @ self.coefficients.T) + self.intercepts


def log_softmax(logits: Floats) -> Floats:
    """Give log probabilities, along the last axis."""
    with importing:
        from scipy.special import log_softmax as along_axis

    return along_axis(logits, axis=-1)


def numbered(labels: pl.Series, names: Sequence[str]) -> Ints:
    """Give the class numbers of labels."""
    return labels.replace_strict({name: at for at, name in enumerate(names)}, return_dtype=pl.Int64).to_numpy()


def save(classifier: LinearClassifier, path: Path) -> None:
    """Write a classifier as `.npz`; the same one gives the same bytes."""
    with path.open("wb") as file:
        np.savez(file, coefficients=classifier.coefficients.astype(np.float32), intercepts=classifier.intercepts)


def load(path: Path) -> LinearClassifier:
    """Read what `save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return LinearClassifier(arrays["coefficients"].astype(float), arrays["intercepts"])
