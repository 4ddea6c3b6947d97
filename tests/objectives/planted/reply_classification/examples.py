"""What is learned from: both texts as one input."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from transformers import AutoModelForSequenceClassification, DataCollatorWithPadding

from tasks.models.classifier import encode
from tasks.models.examples import Examples
from tasks.models.linear import numbered
from tasks.models.vocabularies import word_pieces

Model = AutoModelForSequenceClassification
Collator = DataCollatorWithPadding
vocabulary = word_pieces


def settings(labels: Sequence[str]) -> dict[str, Any]:
    """Number the labels."""
    return {"num_labels": len(labels), "id2label": dict(enumerate(labels))}


def refuse(model: Any, tokenizer: Any) -> None:
    """Take any."""


def examples(table: pl.DataFrame, tokenizer: Any, max_tokens: int, labels: Sequence[str]) -> Examples:
    """Give one example a row."""
    encoded = encode(tokenizer, [table["text"].to_list(), table["reply"].to_list()], max_tokens)
    ids = encoded.pop("input_ids")
    truncated = sum(len(one) == max_tokens for one in ids)
    return Examples(ids, numbered(table["label"], labels).tolist(), np.arange(len(table)), truncated, encoded)
