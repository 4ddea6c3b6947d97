"""Cheap classifiers on hashed n-grams: logistic regression on counts scaled to length 1. Deterministic."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from tasks.core.imports import importing
from tasks.models.linear import Head
from tasks.text.hashing import Floats, Ints, grams, matrix

WIDTH = 2**14
"""Buckets that a probe sees."""
FOLDS = 3
SLACK = 10.0
"""C of scikit-learn's logistic regression."""
UNSEEN = -7.0
"""Logit of a label that a source does not have."""


def features_of(texts: pl.Series) -> Any:
    """Give sparse features of texts, shape (rows, buckets), each row of length 1."""
    return matrix(grams(texts, buckets=WIDTH))


def fit(features: Any, labels: Ints, count: int) -> Head:
    """Train a classifier from zero; labels that do not occur get no more than e^-7 of the others' probability.

    Args:
        labels: class numbers, shape (rows,); at least one row.
        count: how many classes there are.
    """
    with importing:
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
        coefficients, intercepts = (
            np.vstack([-coefficients, coefficients]) / 2,
            np.concatenate([-intercepts, intercepts]) / 2,
        )
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


def area(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Give the area under the ROC curve: the chance that a positive scores above a negative, ties half."""
    with importing:
        from scipy.stats import rankdata

    ones, zeros = int(positive.sum()), int((~positive).sum())
    return float((rankdata(scores)[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros))
