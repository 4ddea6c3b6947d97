"""A classifier, measured by its answers: accuracy and macro-F1, against always answering with the commonest label."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tasks.core.records import Objective
from tasks.evaluate.metrics import evaluated
from tasks.evaluate.predict import probabilities
from tasks.evaluate.settings import EvaluateSettings


def score(
    model: Path,
    train: Sequence[Path],
    holdout: Sequence[Path],
    max_tokens: int,
    objective: Objective,
    settings: EvaluateSettings,
    seed: int,
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Predict every hold-out row and score the predictions.

    Returns:
        Predictions (row_id, source, label, predicted, loss = −log p(label) in nats, p_<label> …), and the metrics.
    """
    labels = objective.labels
    rows = pl.concat([pl.read_parquet(file, columns=["row_id", "source", "text", "label"]) for file in sorted(holdout)])
    chances = probabilities(model, rows["text"].to_list(), max_tokens)
    numbers = {label: number for number, label in enumerate(labels)}
    truth = rows["label"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy()
    predicted = chances.argmax(1)
    mixed = (
        pl.scan_parquet(list(train)).group_by("label").len().sort(["len", "label"], descending=[True, False]).collect()
    )
    metrics = evaluated(
        truth,
        predicted,
        rows["source"].to_list(),
        numbers[mixed["label"][0]],
        labels,
        settings,
        np.random.default_rng(seed),
    )
    named = [pl.Series(f"p_{label}", chances[:, number]) for label, number in numbers.items()]
    loss = -np.log(np.maximum(chances[np.arange(len(truth)), truth], np.finfo(float).tiny))
    table = rows.drop("text").with_columns(
        pl.Series("predicted", [labels[number] for number in predicted]), pl.Series("loss", loss), *named
    )
    return table, metrics
