"""What a classifier with several labels says of a text: those whose probability is above ½, and how likely each is."""

from collections.abc import Sequence

import polars as pl

from tasks.models.classifier import load, outputs
from tasks.models.trained import Ready
from tasks.objectives.parts import Trained
from tasks.objectives.text_classification.predict import scores
from tasks.text.hashing import Floats

__all__ = ["READS", "load", "predict"]

READS = ("text",)
BORNE = 0.5
"""Probability above which a row is said to bear a label."""


def predict(ready: Ready, rows: pl.DataFrame, trained: Trained) -> pl.DataFrame:
    """Give the labels of every row."""
    likely = chances(ready, rows, trained)
    return pl.DataFrame([named(likely, trained.labels), scores(likely, trained.labels)])


def chances(ready: Ready, rows: pl.DataFrame, trained: Trained) -> Floats:
    """Give the probability of every label for every row, each by itself, shape (rows, labels)."""
    return outputs(ready, [rows["text"].to_list()], trained.max_tokens, lambda logits: logits.sigmoid())


def named(chances: Floats, labels: Sequence[str]) -> pl.Series:
    """Give the labels that a row is said to bear, in their order."""
    borne = [[label for label, chance in zip(labels, row, strict=True) if chance > BORNE] for row in chances]
    return pl.Series("predicted", borne, pl.List(pl.String))
