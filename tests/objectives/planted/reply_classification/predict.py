"""What a model says of a text and the answer to it: their likeliest label."""

import polars as pl

from tasks.models.classifier import load
from tasks.models.trained import Ready
from tasks.objectives.parts import Trained
from tasks.objectives.text_classification.predict import answered, chances

__all__ = ["READS", "load", "predict"]

READS = ("text", "reply")


def predict(ready: Ready, rows: pl.DataFrame, trained: Trained) -> pl.DataFrame:
    """Give the label of every pair."""
    return answered(chances(ready, rows, READS, trained), trained.labels)
