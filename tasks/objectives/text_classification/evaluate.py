"""A classifier, measured by its answers: accuracy and macro-F1, against always answering with the commonest label."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tasks.core.rng import generator
from tasks.manifests.scores import Metrics
from tasks.models.linear import numbered
from tasks.objectives.parts import Trained
from tasks.objectives.text_classification.baseline import commonest, commonest_by_source
from tasks.objectives.text_classification.predict import chances, load
from tasks.statistics.calibration import of_answers
from tasks.statistics.classification import evaluated
from tasks.statistics.resampling import Resampling


def score(
    trained: Trained, train: Sequence[Path], holdout: Sequence[Path], settings: Resampling, seed: int
) -> tuple[pl.DataFrame, Metrics]:
    """Predict the label of every hold-out row and score the predictions."""
    return score_answers(trained, train, holdout, ("text",), settings, seed)


def score_answers(
    trained: Trained,
    train: Sequence[Path],
    holdout: Sequence[Path],
    texts: Sequence[str],
    settings: Resampling,
    seed: int,
) -> tuple[pl.DataFrame, Metrics]:
    """Predict every hold-out row and score the predictions.

    Args:
        texts: columns of the texts that the model is given together, one or two.

    Returns:
        Predictions (row_id, source, label, predicted, loss = −log p(label) in nats, p_<label> …), and the metrics.
    """
    labels = trained.labels
    columns = ["row_id", "source", *texts, "label"]
    rows = pl.concat([pl.read_parquet(file, columns=columns) for file in sorted(holdout)])
    likely = chances(load(trained.folder), rows, texts, trained)
    truth, predicted = numbered(rows["label"], labels), likely.argmax(1)
    majority = labels.index(commonest(train))
    own = {source: labels.index(label) for source, label in commonest_by_source(train).items()}
    rng = np.random.default_rng(seed)
    metrics = evaluated(truth, predicted, rows["source"].to_list(), majority, labels, settings, rng, own)
    named = [pl.Series(f"p_{label}", likely[:, number]) for number, label in enumerate(labels)]
    loss = -np.log(np.maximum(likely[np.arange(len(truth)), truth], np.finfo(float).tiny))
    table = rows.drop(texts).with_columns(
        pl.Series("predicted", [labels[number] for number in predicted]), pl.Series("loss", loss), *named
    )
    calibration = of_answers(likely, truth, loss, settings, generator(seed, "calibration"))
    return table, metrics.model_copy(update={"calibration": calibration})
