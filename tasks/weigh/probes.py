"""Probes: one cheap classifier for each source, and what they say of each other's rows."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tasks.core.rng import generator
from tasks.models.linear import LinearClassifier, numbered
from tasks.models.probes import WIDTH, features_of, fit, held_out_logits
from tasks.rows.layout import RowFile
from tasks.rows.sampling import FEWEST, sample
from tasks.text.hashing import Floats, Ints
from tasks.weigh.evidence import SourceData

MEASURED_ROWS = 1_000
"""Most rows of a source that other sources' probes are measured on."""


class Probe(NamedTuple):
    """A classifier trained on one source alone.

    Attributes:
        rows: that it was trained on.
        accuracy: on these rows, by cross-validation.
    """

    classifier: LinearClassifier
    rows: int
    accuracy: float


def train_probe(source: str, file: RowFile, names: Sequence[str], seed: int) -> Probe:
    """Train on a sample of the source's rows.

    Without a row to learn from, all labels are equally likely.
    """
    rows = sample({source: file}, seed)[source]
    if rows.is_empty():
        return Probe(LinearClassifier(np.zeros((len(names), WIDTH)), np.zeros(len(names))), 0, 0.0)
    features, labels = features_of(rows["text"]), numbered(rows["label"], names)
    logits = held_out_logits(features, labels, len(names), generator(seed, "folds", source))
    accuracy = round(float((logits.argmax(1) == labels).mean()), 4)
    return Probe(fit(features, labels, len(names)), len(rows), accuracy)


def explained_by_probes(
    sources: SourceData, target: str, weigh: Callable[[Floats, Ints], Floats]
) -> dict[str, dict[str, float]]:
    """Give the `accuracy` of the other sources' probes on the target's rows, and how much of it each `explains`.

    Args:
        weigh: logits of the probes (sources, rows, labels) and class numbers of the rows -> a weight for each source.
    """
    names = [name for name in sources.probes if name != target and len(sources.samples[name])]
    if not names:
        return {"explains": {}}
    rows = sources.samples[target]
    features, labels = features_of(rows["text"]), numbered(rows["label"], sources.labels)
    logits = np.stack([sources.probes[name].logits(features) for name in names])
    accuracy, weights = (logits.argmax(-1) == labels).mean(1), weigh(logits, labels)
    return {
        "accuracy": dict(zip(names, accuracy.tolist(), strict=True)),
        "explains": dict(zip(names, weights.tolist(), strict=True)),
    }


def accuracies(sources: SourceData, measured_on: Sequence[str]) -> dict[str, float]:
    """Give the accuracy of each source's probe, the mean over the sources it is measured on; on its own rows by
    cross-validation.
    """
    measured: dict[str, list[float]] = {name: [] for name in sources.samples}
    for other in measured_on:
        rows = sources.samples[other].head(MEASURED_ROWS)
        if len(rows) < FEWEST:
            continue
        features, labels = features_of(rows["text"]), numbered(rows["label"], sources.labels)
        for name, values in measured.items():
            logits = (
                held_out_logits(features, labels, len(sources.labels), generator(sources.seed, "folds", name))
                if name == other
                else sources.probes[name].logits(features)
            )
            values.append(float((logits.argmax(1) == labels).mean()))
    return {name: float(np.mean(values)) if values else 0.0 for name, values in measured.items()}
