"""What a model answers."""

import polars as pl

from tasks.models.causal_lm import load
from tasks.models.chats import answers
from tasks.models.trained import Ready
from tasks.objectives.parts import Trained

__all__ = ["READS", "load", "predict"]

READS = ("messages",)


def predict(ready: Ready, rows: pl.DataFrame, trained: Trained) -> pl.DataFrame:
    """Give the answer to every chat; of one that ends with an answer, that answer written anew."""
    return pl.DataFrame(
        {"predicted": pl.Series(answers(ready, rows["messages"].to_list(), trained.max_tokens), dtype=pl.String)}
    )
