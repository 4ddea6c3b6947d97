"""Cheap classifiers on hashed n-grams: logistic regression on counts scaled to length 1. Deterministic."""

from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from tasks.core.imports import importing
from tasks.models.linear import LinearClassifier
from tasks.text.hashing import Floats, Ints, grams, matrix

WIDTH = 2**14
"""Buckets that a probe sees."""
FOLDS = 3
INVERSE_REGULARISATION = 10.0
"""C of scikit-learn's logistic regression."""
UNSEEN = -7.0
"""Logit of a label that a source does not have."""


def features_of(texts: pl.Series) -> Any:
    """Give sparse features of texts, shape (rows, buckets), each row of length 1."""
    return matrix(grams(texts, buckets=WIDTH))


def fit(features: Any, labels: Ints, count: int) -> LinearClassifier:
    """Train a classifier from zero; labels that do not occur get no more than e^-7 of the others' probability.

    Args:
        labels: class numbers, shape (rows,); at least one row.
        count: how many classes there are.
    """
    with importing:
        from sklearn.linear_model import LogisticRegression

    seen = np.unique(labels)
    probe = LinearClassifier(np.zeros((count, features.shape[1])), np.full(count, UNSEEN))
    if len(seen) == 1:
        probe.intercepts[seen] = 0.0
        return probe
    with threadpool_limits(1):
        model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=2_000).fit(features, labels)
    coefficients, intercepts = np.asarray(model.coef_), np.asarray(model.intercept_)
    # scikit-learn keeps one row for two classes; half of it, with both signs, gives the same probabilities
    if len(seen) == 2:
        coefficients = np.vstack([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    probe.coefficients[seen], probe.intercepts[seen] = coefficients, intercepts
    return probe


def held_out_logits(features: Any, labels: Ints, count: int, rng: np.random.Generator) -> Floats:
    """Give each row's logits by a classifier that has not seen it (3-fold cross-validation), shape (rows, count)."""
    fold = rng.permutation(len(labels)) % FOLDS
    logits = np.zeros((len(labels), count))
    for number in range(FOLDS):
        inside = fold == number
        if inside.any() and not inside.all():
            logits[inside] = fit(features[~inside], labels[~inside], count).logits(features[inside])
    return logits
