"""What a masked language model learns from: texts with some tokens covered; long ones are several examples."""

from collections.abc import Sequence
from typing import Any

import polars as pl
from transformers import AutoModelForMaskedLM, DataCollatorForTokenClassification

from tasks.core.errors import RecipeError
from tasks.models import masked_lm
from tasks.models.examples import Examples
from tasks.models.vocabularies import word_pieces

Model = AutoModelForMaskedLM
Collator = DataCollatorForTokenClassification
vocabulary = word_pieces


def settings(_labels: Sequence[str]) -> dict[str, Any]:
    """Add nothing."""
    return {}


def refuse(_model: Any, tokenizer: Any) -> None:
    """Refuse a model whose tokenizer has nothing to cover a token with.

    Raises:
        RecipeError: it has not.
    """
    if tokenizer.mask_token_id is None:
        raise RecipeError(
            "train.model: its tokenizer has no mask token (mask_token); take the tokenizer of a masked model, such as "
            "bert or roberta"
        )


def examples(table: pl.DataFrame, tokenizer: Any, max_tokens: int, _labels: Sequence[str]) -> Examples:
    """Give the pieces of every row, in order; a text that stands there again is covered elsewhere."""
    pieces = masked_lm.masked(tokenizer, table["text"].to_list(), max_tokens)
    return Examples(pieces.ids, pieces.targets, pieces.row, 0)
