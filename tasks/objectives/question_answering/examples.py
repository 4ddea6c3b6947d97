"""What a reader learns from: a question and a window of its context, and where in the window the first answer begins
and ends; at the first token where it stands in another window.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import torch
from transformers import AutoModelForQuestionAnswering, DataCollatorWithPadding

from tasks.models import reader
from tasks.models.examples import Examples
from tasks.models.vocabularies import word_pieces

Model = AutoModelForQuestionAnswering
vocabulary = word_pieces


class Collator:
    """Puts windows of several lengths in one batch."""

    def __init__(self, tokenizer: Any) -> None:
        self.pad = DataCollatorWithPadding(tokenizer)

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Pad; the two ends of an answer are what the model calls them."""
        rest = [{name: value for name, value in one.items() if name != "labels"} for one in examples]
        spans = torch.tensor([one["labels"] for one in examples])
        return {**self.pad(rest), "start_positions": spans[:, 0], "end_positions": spans[:, 1]}


def settings(_labels: Sequence[str]) -> dict[str, Any]:
    """Add nothing."""
    return {}


def refuse(_model: Any, tokenizer: Any) -> None:
    """Refuse a tokenizer that does not say where in a text a token stands.

    Raises:
        RecipeError: it does not.
    """
    reader.refuse(tokenizer)


def examples(table: pl.DataFrame, tokenizer: Any, max_tokens: int, _labels: Sequence[str]) -> Examples:
    """Give the windows of every row, in order."""
    windows = reader.windows(tokenizer, table["question"].to_list(), table["context"].to_list(), max_tokens)
    spans = reader.spans(windows, table["answers"].to_list())
    return Examples(windows.ids, spans, np.array(windows.row, np.int64), 0, windows.more)
