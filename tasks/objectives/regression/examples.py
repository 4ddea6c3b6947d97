"""What regression learns from: a text, cut where it is too long, and its number."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from transformers import AutoModelForSequenceClassification, DataCollatorWithPadding

from tasks.models.classifier import encode
from tasks.models.examples import Examples
from tasks.models.vocabularies import word_pieces

Model = AutoModelForSequenceClassification
Collator = DataCollatorWithPadding
vocabulary = word_pieces


def settings(_labels: Sequence[str]) -> dict[str, Any]:
    """Ask for one number, as it is."""
    return {"num_labels": 1, "problem_type": "regression"}


def refuse(model: Any, tokenizer: Any) -> None:
    """Take any."""


def examples(table: pl.DataFrame, tokenizer: Any, max_tokens: int, _labels: Sequence[str]) -> Examples:
    """Give one example a row."""
    ids = encode(tokenizer, [table["text"].to_list()], max_tokens)["input_ids"]
    truncated = sum(len(tokens) == max_tokens for tokens in ids)
    return Examples(ids, table["value"].to_list(), np.arange(len(table)), truncated)
