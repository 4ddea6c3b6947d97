"""What a classifier says of a text: its likeliest label, and how likely each is."""

from collections.abc import Sequence

import polars as pl

from tasks.models.classifier import load, probabilities
from tasks.models.trained import Ready
from tasks.objectives.parts import Trained
from tasks.text.hashing import Floats

__all__ = ["READS", "load", "predict"]

READS = ("text",)


def predict(ready: Ready, rows: pl.DataFrame, trained: Trained) -> pl.DataFrame:
    """Give the label of every row."""
    return answered(chances(ready, rows, READS, trained), trained.labels)


def chances(ready: Ready, rows: pl.DataFrame, texts: Sequence[str], trained: Trained) -> Floats:
    """Give the probability of every label for every row, shape (rows, labels).

    Args:
        texts: columns of the texts that the model is given together, one or two.
    """
    return probabilities(ready, [rows[text].to_list() for text in texts], trained.max_tokens)


def answered(chances: Floats, labels: Sequence[str]) -> pl.DataFrame:
    """Give the likeliest label of every row, and the probability of each."""
    likeliest = [labels[number] for number in chances.argmax(1)]
    return pl.DataFrame({"predicted": pl.Series(likeliest, dtype=pl.String), "scores": scores(chances, labels)})


def scores(chances: Floats, labels: Sequence[str]) -> pl.Series:
    """Give the probability of every label by its name."""
    return pl.DataFrame(chances, schema=dict.fromkeys(labels, pl.Float64)).to_struct("scores")
