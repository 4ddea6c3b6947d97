"""A linear classifier learns from the rows of a plan, which is one trial, or from a mix as it lies there, and is asked
about every row kept aside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from tasks.core.errors import TrainingFailed
from tasks.core.layout import Layout
from tasks.core.rng import generator
from tasks.manifests.scores import TrialFacts
from tasks.models.features import BLOCK_ROWS, Features, hashed_texts, places, stacked
from tasks.models.linear import LinearClassifier, log_softmax, numbered
from tasks.models.linear_training import Training, steps_of, train_linear
from tasks.rows.layout import ROW_ID, SOURCE, RowFile
from tasks.text.hashing import Floats, Ints


@dataclass(frozen=True)
class Drawn:
    """The plan of a trial's mix.

    Attributes:
        sources: names, in the order that `source` counts.
        source, row: of every place of the mix: number of its source, and of the row in the source's training file.
    """

    sources: Sequence[str]
    source: Ints
    row: Ints


@dataclass(frozen=True)
class Pool:
    """The files of a pool, by source; evaluation sets are among those of the hold-out."""

    train: Mapping[str, RowFile]
    holdout: Mapping[str, RowFile]


def try_mix(
    pool: Pool, drawn: Drawn, features: Mapping[str, Features], layout: Layout, settings: Training, seed: int
) -> tuple[pl.DataFrame, TrialFacts]:
    """Train on the planned rows and predict those kept aside.

    Returns:
        Predictions (row_id, source, label, predicted, loss = −log p(label) in nats), and how many steps it took.

    Raises:
        TrainingFailed: the classifier gives no numbers.
    """
    classifier = _learned(pool, drawn, features, layout, settings, seed)
    parts: list[pl.DataFrame] = []
    for name, file in pool.holdout.items():
        rows, known = _labelled(file).with_columns(pl.lit(name).alias("source")), features[name]
        parts.append(_asked(rows, stacked([known.values[places(known, rows["row_id"])]]), classifier, layout.labels))
    return _finite(pl.concat(parts), settings), TrialFacts(steps=steps_of(len(drawn.row), settings))


def learn_mix(
    train: Sequence[RowFile], holdout: Sequence[RowFile], labels: Sequence[str], settings: Training, seed: int
) -> pl.DataFrame:
    """Learn from the hashed words of a mix's rows, each as often as it stands there, and predict those kept aside.

    Returns:
        Predictions, as a trial's.

    Raises:
        TrainingFailed: the classifier gives no numbers.
    """
    blocks = [rows for file in train for rows in file.batches(BLOCK_ROWS)]
    truth = numbered(pl.concat([rows["label"] for rows in blocks]), labels)
    features = stacked([hashed_texts(rows["text"]) for rows in blocks])
    classifier = train_linear(features, truth, len(labels), settings, generator(seed, "trial"))
    asked = [file.scan(ROW_ID, SOURCE).collect() for file in holdout]
    parts = [_asked(rows.drop("text"), hashed_texts(rows["text"]), classifier, labels) for rows in asked if len(rows)]
    return _finite(pl.concat(parts), settings)


def _finite(table: pl.DataFrame, settings: Training) -> pl.DataFrame:
    if not np.isfinite(table["loss"].to_numpy()).all():
        raise TrainingFailed(
            "the linear classifier gives losses that are no numbers. Remedy: a smaller trials.learning_rate (now "
            f"{settings.learning_rate:g})"
        )
    return table


def _learned(
    pool: Pool, drawn: Drawn, features: Mapping[str, Features], layout: Layout, settings: Training, seed: int
) -> LinearClassifier:
    parts: list[Any] = []
    truth = np.empty(len(drawn.row), np.int64)
    order: list[Ints] = []
    for number, name in enumerate(drawn.sources):
        at = np.flatnonzero(drawn.source == number)
        if not len(at):
            continue
        table = _labelled(pool.train[name])
        used, back = np.unique(drawn.row[at], return_inverse=True)
        chosen = table[used.tolist()]
        parts.append(features[name].values[places(features[name], chosen["row_id"])][back])
        truth[at] = numbered(chosen["label"], layout.labels)[back]
        order.append(at)
    rows = stacked(parts)[np.argsort(np.concatenate(order))]
    return train_linear(rows, truth, len(layout.labels), settings, generator(seed, "trial"))


def _labelled(file: RowFile) -> pl.DataFrame:
    return file.scan(ROW_ID).drop("text").collect()


def _asked(rows: pl.DataFrame, features: Any, classifier: LinearClassifier, labels: Sequence[str]) -> pl.DataFrame:
    logits: Floats = classifier.logits(features)
    truth = numbered(rows["label"], labels)
    loss = -log_softmax(logits)[np.arange(len(truth)), truth]
    predicted = pl.Series("predicted", [labels[number] for number in logits.argmax(1)], pl.String)
    return rows.select("row_id", "source", "label").with_columns(predicted, pl.Series("loss", loss, pl.Float64))
