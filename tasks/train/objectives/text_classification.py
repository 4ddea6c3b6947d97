"""The labels of texts: −log p(label) of each row, whose text is cut where it is too long."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import torch
from transformers import AutoModelForSequenceClassification, DataCollatorWithPadding

from tasks.train.examples import Examples
from tasks.train.vocabularies import word_pieces

NAME = "classifier"
Model = AutoModelForSequenceClassification
Collator = DataCollatorWithPadding
vocabulary = word_pieces


def settings(labels: Sequence[str]) -> dict[str, Any]:
    """Number the labels."""
    return {
        "num_labels": len(labels),
        "id2label": dict(enumerate(labels)),
        "label2id": {label: number for number, label in enumerate(labels)},
    }


def refuse(model: Any, tokenizer: Any) -> None:
    """Take any."""


def examples(table: pl.DataFrame, tokenizer: Any, max_tokens: int, labels: Sequence[str]) -> Examples:
    """Give one example a row."""
    ids: list[list[int]] = tokenizer(table["text"].to_list(), truncation=True, max_length=max_tokens, padding=False)[
        "input_ids"
    ]
    numbers = {label: number for number, label in enumerate(labels)}
    truncated = sum(len(one) == max_tokens for one in ids)
    return Examples(ids, [numbers[label] for label in table["label"]], np.arange(len(table)), truncated)


def losses(logits: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Give −log p(label) of every example, and 1 target for each.

    Args:
        logits: shape (examples, labels).
        targets: numbers of the labels, shape (examples,).
    """
    return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none"), torch.ones_like(targets)
