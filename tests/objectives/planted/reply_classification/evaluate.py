"""Accuracy and macro-F1 against the commonest label."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tasks.manifests.scores import Metrics
from tasks.models.linear import numbered
from tasks.objectives.parts import Trained
from tasks.objectives.reply_classification.predict import READS, chances, load
from tasks.objectives.text_classification.baseline import commonest
from tasks.statistics.classification import evaluated
from tasks.statistics.resampling import Resampling


def score(
    trained: Trained, train: Sequence[Path], holdout: Sequence[Path], settings: Resampling, seed: int
) -> tuple[pl.DataFrame, Metrics]:
    """Predict every pair kept aside and score the predictions."""
    labels = trained.labels
    rows = pl.concat([pl.read_parquet(file) for file in sorted(holdout)])
    likely = chances(load(trained.folder), rows, READS, trained)
    truth, predicted = numbered(rows["label"], labels), likely.argmax(1)
    majority, rng = labels.index(commonest(train)), np.random.default_rng(seed)
    metrics = evaluated(truth, predicted, rows["source"].to_list(), majority, labels, settings, rng)
    loss = -np.log(np.maximum(likely[np.arange(len(truth)), truth], np.finfo(float).tiny))
    named = pl.Series("predicted", [labels[number] for number in predicted], pl.String)
    return rows.select("row_id", "source", "label").with_columns(named, pl.Series("loss", loss)), metrics
