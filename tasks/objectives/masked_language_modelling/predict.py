"""What a masked language model says of a text: how well it finds the tokens that are covered in it."""

import numpy as np
import polars as pl

from tasks.models.causal_lm import Pieces
from tasks.models.masked_lm import found, load, masked
from tasks.models.targets import NOT_PREDICTED
from tasks.models.trained import Ready
from tasks.objectives.language_modelling.predict import by_row
from tasks.objectives.parts import Trained
from tasks.statistics.redrawn import share

__all__ = ["READS", "load", "predict"]

READS = ("text",)


def predict(ready: Ready, rows: pl.DataFrame, trained: Trained) -> pl.DataFrame:
    """Give of every row e to the mean loss of a covered token, as `predicted`; the loss = −Σ log p(token) over them in
    nats; how many they are; and how many of them were found. Which tokens are covered, the text decides.
    """
    return said_of(ready, masked(ready.tokenizer, rows["text"].to_list(), trained.max_tokens), len(rows))


def said_of(ready: Ready, asked: Pieces, rows: int) -> pl.DataFrame:
    """Give the same of the pieces of so many rows; `predicted` is null where nothing could be covered."""
    answers = found(ready, asked)
    losses = by_row(answers.loss, asked, rows)
    tokens = by_row(np.array([len(one) - one.count(NOT_PREDICTED) for one in asked.targets], float), asked, rows)
    return pl.DataFrame(
        {
            "predicted": pl.Series(np.exp(share(losses, tokens))).set(pl.Series(tokens == 0), None),
            "loss": pl.Series(losses),
            "tokens": pl.Series(tokens).cast(pl.Int64),
            "found": pl.Series(by_row(answers.right, asked, rows)).cast(pl.Int64),
        }
    )
