"""A classifier of pairs, measured as one of texts is."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from tasks.manifests.scores import Metrics
from tasks.objectives.pair_classification.columns import TEXTS
from tasks.objectives.parts import Trained
from tasks.objectives.text_classification.evaluate import score_answers
from tasks.statistics.resampling import Resampling


def score(
    trained: Trained, train: Sequence[Path], holdout: Sequence[Path], settings: Resampling, seed: int
) -> tuple[pl.DataFrame, Metrics]:
    """Predict the label of every pair kept aside and score the predictions."""
    return score_answers(trained, train, holdout, TEXTS, settings, seed)
