"""What a language model learns from a chat: its answers, each from all that stands before it."""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from tasks.models import chats, vocabularies
from tasks.models.examples import Examples
from tasks.objectives.language_modelling.examples import Collator, Model, refuse, settings

__all__ = ["Collator", "Model", "examples", "refuse", "settings", "vocabulary"]


def vocabulary(vocabulary: int, texts: Iterable[str]) -> Any:
    """Train the tokenizer of a language model on what is said."""
    return vocabularies.byte_pairs(vocabulary, texts)


def examples(table: pl.DataFrame, tokenizer: Any, max_tokens: int, _labels: Sequence[str]) -> Examples:
    """Give the chat of every row, in order."""
    encoded = chats.encode(tokenizer, table["messages"].to_list(), max_tokens)
    pieces = encoded.pieces
    return Examples(pieces.ids, pieces.targets, pieces.row, int(encoded.cut.sum()))
