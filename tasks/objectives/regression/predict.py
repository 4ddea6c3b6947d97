"""What regression says of a text: its number."""

import polars as pl

from tasks.models.classifier import load, outputs
from tasks.models.trained import Ready
from tasks.objectives.parts import Trained

__all__ = ["READS", "load", "predict"]

READS = ("text",)


def predict(ready: Ready, rows: pl.DataFrame, trained: Trained) -> pl.DataFrame:
    """Give the number of every row."""
    numbers = outputs(ready, [rows["text"].to_list()], trained.max_tokens)[:, 0]
    return pl.DataFrame({"predicted": pl.Series(numbers)})
