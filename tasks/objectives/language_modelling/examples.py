"""What a language model learns from: the texts themselves; long ones are several examples."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import torch
from transformers import AutoModelForCausalLM, DataCollatorForTokenClassification

from tasks.core.errors import RecipeError
from tasks.models import causal_lm
from tasks.models.examples import Examples
from tasks.models.vocabularies import byte_pairs

Model = AutoModelForCausalLM
Collator = DataCollatorForTokenClassification
vocabulary = byte_pairs


def settings(_labels: Sequence[str]) -> dict[str, Any]:
    """Add nothing."""
    return {}


def refuse(model: Any, tokenizer: Any) -> None:
    """Refuse a model that sees what it is to predict, such as BERT, by asking it about two texts that differ in their
    last token.

    Raises:
        RecipeError: it does, or its tokenizer cannot end a text.
    """
    causal_lm.ends(tokenizer)
    two = torch.tensor([[1, 2, 3, 4], [1, 2, 3, 5]], device=model.device)
    model.eval()
    with torch.no_grad():
        first, second = model(two).logits[:, :3].float()
    model.train()
    if not torch.allclose(first, second, atol=1e-4):
        raise RecipeError(
            f"train.model: {model.config.model_type!r} sees the tokens that it is to predict, so that its loss "
            "says nothing; "
            "take a model that reads from left to right, such as gpt2 or llama"
        )


def examples(table: pl.DataFrame, tokenizer: Any, max_tokens: int, _labels: Sequence[str]) -> Examples:
    """Give the pieces of every row, in order."""
    pieces = causal_lm.cut(tokenizer, table["text"].to_list(), max_tokens)
    return Examples(pieces.ids, pieces.targets, pieces.row, 0)
