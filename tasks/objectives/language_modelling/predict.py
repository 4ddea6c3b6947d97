"""What a language model says of a text: how well it predicts it."""

import numpy as np
import polars as pl

from tasks.models.causal_lm import Pieces, cut, load, token_losses
from tasks.models.trained import Ready
from tasks.objectives.parts import Trained
from tasks.text.hashing import Floats

__all__ = ["READS", "load", "predict"]

READS = ("text",)


def predict(ready: Ready, rows: pl.DataFrame, trained: Trained) -> pl.DataFrame:
    """Give of every row e to the mean loss of a token, as `predicted`; the loss = −log p(text and its end) in nats; and
    over how many tokens that is.
    """
    return said_of(ready, cut(ready.tokenizer, rows["text"].to_list(), trained.max_tokens), len(rows))


def said_of(ready: Ready, asked: Pieces, rows: int) -> pl.DataFrame:
    """Give the same of the pieces of so many rows."""
    losses = by_row(token_losses(ready, asked), asked, rows)
    tokens = by_row(np.array([len(piece) - 1 for piece in asked.ids], np.float64), asked, rows)
    return pl.DataFrame(
        {
            "predicted": pl.Series(np.exp(losses / tokens)),
            "loss": pl.Series(losses),
            "tokens": pl.Series(tokens).cast(pl.Int64),
        }
    )


def by_row(values: Floats, pieces: Pieces, rows: int) -> Floats:
    """Sum values of pieces over the pieces of every row, shape (rows,)."""
    return np.bincount(pieces.row, values, minlength=rows).astype(float)
