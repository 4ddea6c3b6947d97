"""Cheap classifiers on hashed n-grams: logistic regression on counts scaled to length 1. Deterministic."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from tasks.relevance.hashing import Floats, Grams, Ints, grams

WIDTH = 2**14
"""Buckets that a probe sees."""
FOLDS = 3
SLACK = 10.0
"""C of scikit-learn's logistic regression."""
UNSEEN = -7.0
"""Logit of a label that a source does not have."""


@dataclass(frozen=True)
class Head:
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


def features_of(texts: pl.Series) -> Any:
    """Give sparse features of texts, shape (rows, buckets), each row of length 1."""
    return matrix(grams(texts, buckets=WIDTH))


def matrix(found: Grams) -> Any:
    """Count n-grams by text, as a sparse matrix whose rows have length 1."""
    from scipy.sparse import csr_matrix

    places, counts = np.unique(found.row * found.buckets + found.bucket, return_counts=True)
    row, bucket = np.divmod(places, found.buckets)
    lengths = np.sqrt(np.bincount(row, weights=counts.astype(float) ** 2, minlength=found.rows))
    return csr_matrix((counts / lengths[row], (row, bucket)), shape=(found.rows, found.buckets))


def fit(features: Any, labels: Ints, count: int) -> Head:
    """Train a classifier from zero; labels that do not occur get no more than e^-7 of the others' probability.

    Args:
        labels: class numbers, shape (rows,); at least one row.
        count: how many classes there are.
    """
    from sklearn.linear_model import LogisticRegression

    seen = np.unique(labels)
    head = Head(np.zeros((count, features.shape[1])), np.full(count, UNSEEN))
    if len(seen) == 1:
        head.intercepts[seen] = 0.0
        return head
    with threadpool_limits(1):
        model = LogisticRegression(C=SLACK, max_iter=2_000).fit(features, labels)
    coefficients, intercepts = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(seen) == 2:
        coefficients, intercepts = np.vstack([-coefficients, coefficients]) / 2, np.concatenate([-intercepts, intercepts]) / 2
    head.coefficients[seen], head.intercepts[seen] = coefficients, intercepts
    return head


def held_out_logits(features: Any, labels: Ints, count: int, rng: np.random.Generator) -> Floats:
    """Give each row's logits by a classifier that has not seen it (3-fold cross-validation), shape (rows, count)."""
    fold = rng.permutation(len(labels)) % FOLDS
    found = np.zeros((len(labels), count))
    for at in range(FOLDS):
        if (fold == at).any() and (fold != at).any():
            found[fold == at] = fit(features[fold != at], labels[fold != at], count).logits(features[fold == at])
    return found


def log_softmax(logits: Floats) -> Floats:
    """Give log probabilities, along the last axis."""
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def numbered(labels: pl.Series, names: Sequence[str]) -> Ints:
    """Give the class numbers of labels."""
    return labels.replace_strict({name: at for at, name in enumerate(names)}, return_dtype=pl.Int64).to_numpy()


def area(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Give the area under the ROC curve: the chance that a positive scores above a negative, ties half."""
    from scipy.stats import rankdata

    ones, zeros = int(positive.sum()), int((~positive).sum())
    return float((rankdata(scores)[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def save(head: Head, path: Path) -> None:
    """Write a classifier as `.npz`; the same one gives the same bytes."""
    with path.open("wb") as file:
        np.savez(file, coefficients=head.coefficients.astype(np.float32), intercepts=head.intercepts)


def load(path: Path) -> Head:
    """Read what `save` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Head(arrays["coefficients"].astype(float), arrays["intercepts"])
