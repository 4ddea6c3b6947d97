"""What a classifier of pairs says of one: its likeliest label, and how likely each is."""

import polars as pl

from tasks.models.classifier import load
from tasks.models.trained import Ready
from tasks.objectives.pair_classification.columns import TEXTS
from tasks.objectives.parts import Trained
from tasks.objectives.text_classification.predict import answered, chances

__all__ = ["READS", "load", "predict"]

READS = TEXTS


def predict(ready: Ready, rows: pl.DataFrame, trained: Trained) -> pl.DataFrame:
    """Give the label of every pair."""
    return answered(chances(ready, rows, READS, trained), trained.labels)
