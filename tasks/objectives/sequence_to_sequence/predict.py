"""What an encoder-decoder writes of a text."""

import polars as pl

from tasks.models.encoder_decoder import load, write
from tasks.models.trained import Ready
from tasks.objectives.parts import Trained

__all__ = ["READS", "load", "predict"]

READS = ("text",)


def predict(ready: Ready, rows: pl.DataFrame, trained: Trained) -> pl.DataFrame:
    """Give what is written of every row."""
    return pl.DataFrame(
        {"predicted": pl.Series(write(ready, rows["text"].to_list(), trained.max_tokens), dtype=pl.String)}
    )
