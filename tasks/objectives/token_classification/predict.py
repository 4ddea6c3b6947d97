"""What a tagger says of words: the likeliest tag of each, and how likely it is."""

import polars as pl

from tasks.models.tagger import load, tag_chances
from tasks.models.trained import Ready
from tasks.objectives.parts import Trained
from tasks.objectives.token_classification.entities import OUTSIDE
from tasks.text.hashing import Floats

__all__ = ["READS", "load", "predict"]

READS = ("words",)


def predict(ready: Ready, rows: pl.DataFrame, trained: Trained) -> pl.DataFrame:
    """Give the tag of every word of every row."""
    likely = chances(ready, rows, trained)
    return pl.DataFrame(
        {
            "predicted": pl.Series(tags(likely, trained), dtype=pl.List(pl.String)),
            "scores": pl.Series([row.max(1).tolist() for row in likely], dtype=pl.List(pl.Float64)),
        }
    )


def chances(ready: Ready, rows: pl.DataFrame, trained: Trained) -> list[Floats]:
    """Give the probability of every tag for every word of every row, shape (words, tags) each. A word of which a
    tokenizer leaves nothing is outside of all, or what comes first.
    """
    outside = trained.labels.index(OUTSIDE) if OUTSIDE in trained.labels else 0
    return tag_chances(ready, rows["words"].to_list(), trained.max_tokens, outside)


def tags(chances: list[Floats], trained: Trained) -> list[list[str]]:
    """Give the likeliest tag of every word."""
    return [[trained.labels[at] for at in row.argmax(1)] for row in chances]
