"""What a classifier of pairs learns from: both texts as one input, the longer one cut where they are too long, and the
number of their label.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from tasks.models.examples import Examples
from tasks.objectives.pair_classification.columns import TEXTS
from tasks.objectives.text_classification.examples import Collator, Model, labelled, refuse, settings, vocabulary

__all__ = ["Collator", "Model", "examples", "refuse", "settings", "vocabulary"]


def examples(table: pl.DataFrame, tokenizer: Any, max_tokens: int, labels: Sequence[str]) -> Examples:
    """Give one example a row."""
    return labelled(table, TEXTS, tokenizer, max_tokens, labels)
