"""A model beside a linear one that learned from the same mix within seconds: what the larger one is worth."""

from collections.abc import Sequence

import polars as pl

from tasks.core.rng import generator
from tasks.manifests.scores import Metrics
from tasks.models.linear import numbered
from tasks.models.linear_training import Training
from tasks.objectives.parts import trial_of
from tasks.rows.layout import RowFile
from tasks.statistics.classification import beside
from tasks.statistics.resampling import Resampling


def beside_linear(
    metrics: Metrics,
    predictions: pl.DataFrame,
    mix: tuple[Sequence[RowFile], Sequence[RowFile]],
    task: str,
    labels: Sequence[str],
    learning: Training,
    settings: Resampling,
    seed: int,
) -> Metrics:
    """Train a linear model on the mix and put its scores beside the model's.

    Args:
        predictions: `row_id`, `source`, `label` and the model's answer as `predicted`, of the rows kept aside.
        mix: files of the rows to train on, and of those kept aside.
        learning: how the linear model learns.
    """
    answers = trial_of(task).learn_mix(*mix, labels, learning, seed).select("row_id", linear="predicted")
    rows = predictions.join(answers, on="row_id", how="left", maintain_order="left")
    right, ours, theirs = (numbered(rows[column], labels) for column in ("label", "predicted", "linear"))
    sources, rng = rows["source"].to_list(), generator(seed, "linear model")
    return beside(metrics, right, ours, theirs, sources, labels, settings, rng)
