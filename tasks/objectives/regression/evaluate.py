"""Regression, measured by how far its numbers are off and whether they are in the right order, against always answering
with the median.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tasks.core.errors import TrainingFailed
from tasks.manifests.scores import Metrics
from tasks.objectives.parts import Trained
from tasks.objectives.regression.baseline import median, median_by_source
from tasks.objectives.regression.measures import MEASURED
from tasks.objectives.regression.predict import load, predict
from tasks.statistics.ranks import spearman
from tasks.statistics.redrawn import Figures, Judged, Look, evaluated
from tasks.statistics.resampling import Resampling
from tasks.text.hashing import Floats


def score(
    trained: Trained, train: Sequence[Path], holdout: Sequence[Path], settings: Resampling, seed: int
) -> tuple[pl.DataFrame, Metrics]:
    """Predict the number of every hold-out row.

    Returns:
        Predictions (row_id, source, value, predicted, loss = how far it is off), and the metrics.

    Raises:
        TrainingFailed: the model gives no numbers.
    """
    columns = ["row_id", "source", "text", "value"]
    rows = pl.concat([pl.read_parquet(file, columns=columns) for file in sorted(holdout)])
    predicted = predict(load(trained.folder), rows, trained)["predicted"].to_numpy()
    if not np.isfinite(predicted).all():
        raise TrainingFailed("the model gives no numbers. Remedy: a smaller train.learning_rate")
    truth, sources = rows["value"].to_numpy(), rows["source"].to_list()
    own, middle = median_by_source(train), median(train)
    judged = Judged(
        model=errors(truth, predicted),
        mix=errors(truth, np.full(len(truth), middle)),
        own=errors(truth, np.array([own.get(source, middle) for source in sources])),
        learned=frozenset(own),
    )
    look = Look(MEASURED.main.key, MEASURED.main.lower)
    metrics = evaluated(judged, sources, np.arange(len(truth)), look, settings, np.random.default_rng(seed))
    off = pl.Series("loss", np.abs(truth - predicted))
    return rows.drop("text").with_columns(pl.Series("predicted", predicted), off), metrics


def errors(truth: Floats, predicted: Floats) -> Figures:
    """Give the mean absolute error, and Spearman's ρ, whose ranks are taken anew in every draw; 0 where all answers are
    alike.
    """
    off = np.abs(truth - predicted)

    def figures(counts: Floats) -> dict[str, Floats]:
        drawn = [np.repeat(np.arange(len(truth)), times.astype(int)) for times in counts]
        ranked = [spearman(truth[rows], predicted[rows])[0] for rows in drawn]
        return {"mae": counts @ off / counts.sum(1), "spearmans_rho": np.array(ranked)}

    return figures
