"""What a classifier learns from: a text, cut where it is too long, and the number of its label."""

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
    """Give the labels numbers."""
    return {
        "num_labels": len(labels),
        "id2label": dict(enumerate(labels)),
        "label2id": {label: number for number, label in enumerate(labels)},
    }


def refuse(model: Any, tokenizer: Any) -> None:
    """Take any."""


def examples(table: pl.DataFrame, tokenizer: Any, max_tokens: int, labels: Sequence[str]) -> Examples:
    """Give one example a row."""
    return labelled(table, ("text",), tokenizer, max_tokens, labels)


def labelled(
    table: pl.DataFrame, texts: Sequence[str], tokenizer: Any, max_tokens: int, labels: Sequence[str]
) -> Examples:
    """Give one example a row.

    Args:
        texts: columns of the texts that are one input, one or two.
    """
    encoded = encode(tokenizer, [table[text].to_list() for text in texts], max_tokens)
    ids = encoded.pop("input_ids")
    truncated = sum(len(tokens) == max_tokens for tokens in ids)
    return Examples(ids, numbered(table["label"], labels).tolist(), np.arange(len(table)), truncated, encoded)
