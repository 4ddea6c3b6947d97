"""Train the probe of one source."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tasks.core.rng import generator
from tasks.models.linear import Head, numbered
from tasks.relevance.probes import WIDTH, features_of, fit, held_out_logits
from tasks.relevance.sampling import sample


def train_probe(source: str, file: Path, names: Sequence[str], seed: int) -> tuple[Head, dict[str, Any]]:
    """Train on a sample of the source's rows; gives the classifier, and facts: rows, rows by label, accuracy by
    cross-validation.

    Without a row to learn from, all labels are equally likely.
    """
    rows = sample({source: file}, seed)[source]
    if rows.is_empty():
        return Head(np.zeros((len(names), WIDTH)), np.zeros(len(names))), {
            "rows": 0,
            "labels": dict.fromkeys(names, 0),
            "accuracy": 0.0,
        }
    features, labels = features_of(rows["text"]), numbered(rows["label"], names)
    logits = held_out_logits(features, labels, len(names), generator(seed, "folds", source))
    counts = {name: int((labels == at).sum()) for at, name in enumerate(names)}
    return fit(features, labels, len(names)), {
        "rows": len(rows),
        "labels": counts,
        "accuracy": round(float((logits.argmax(1) == labels).mean()), 4),
    }
