"""Adversarial validation: how well a classifier tells a source's texts from the target's."""

import numpy as np
import polars as pl

from tasks.relevance.probes import area, features_of, held_out_logits

MOST = 2_000
"""Rows of each side that are compared."""


def separation(source: pl.Series, target: pl.Series, rng: np.random.Generator) -> float:
    """Give the cross-validated area under the ROC curve of source against target, as many texts of one as of the other.

    0.5 = nothing tells them apart, 1 = everything does. A source without two texts counts as told apart.
    """
    rows = min(len(source), len(target), MOST)
    if rows < 2:
        return 1.0
    features = features_of(pl.concat([source.head(rows), target.head(rows)]))
    labels = np.repeat(np.array([0, 1]), rows)
    logits = held_out_logits(features, labels, 2, rng)
    return area(logits[:, 1] - logits[:, 0], labels == 1)


def nearness(auc: float) -> float:
    """Turn an area under the curve into 1 (cannot be told apart) .. 0 (always told apart): min(1, 2 (1 − AUC))."""
    return min(1.0, 2 * (1 - auc))
