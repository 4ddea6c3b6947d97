"""What a classifier with several labels learns from: a text, cut where it is too long, and 1 or 0 for each label."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from transformers import AutoModelForSequenceClassification, DataCollatorWithPadding

from tasks.models.classifier import encode
from tasks.models.examples import Examples
from tasks.models.vocabularies import word_pieces
from tasks.objectives.text_classification import examples as of_one

Model = AutoModelForSequenceClassification
Collator = DataCollatorWithPadding
vocabulary = word_pieces
refuse = of_one.refuse


def settings(labels: Sequence[str]) -> dict[str, Any]:
    """Give the labels numbers, each to be said yes or no to."""
    return of_one.settings(labels) | {"problem_type": "multi_label_classification"}


def examples(table: pl.DataFrame, tokenizer: Any, max_tokens: int, labels: Sequence[str]) -> Examples:
    """Give one example a row."""
    ids = encode(tokenizer, [table["text"].to_list()], max_tokens)["input_ids"]
    truncated = sum(len(tokens) == max_tokens for tokens in ids)
    targets = [[float(label in row) for label in labels] for row in table["labels"].to_list()]
    return Examples(ids, targets, np.arange(len(table)), truncated)
