"""What a reader says of a question: the piece of the context that is its answer."""

import polars as pl

from tasks.models.reader import answers_to, load
from tasks.models.trained import Ready
from tasks.objectives.parts import Trained

__all__ = ["READS", "load", "predict"]

READS = ("question", "context")


def predict(ready: Ready, rows: pl.DataFrame, trained: Trained) -> pl.DataFrame:
    """Give the answer to every question."""
    return pl.DataFrame({"predicted": pl.Series(answers_to(ready, rows, trained.max_tokens), dtype=pl.String)})
