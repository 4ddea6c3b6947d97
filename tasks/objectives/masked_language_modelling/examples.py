"""What a masked language model learns from: texts with some tokens covered; long ones are several examples."""

from collections.abc import Sequence
from itertools import repeat
from typing import Any

import polars as pl
from transformers import AutoModelForMaskedLM, DataCollatorForTokenClassification

from tasks.core.errors import RecipeError
from tasks.core.rng import generator
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


class Covered(Examples):
    """Pieces of texts with tokens covered: where nothing is trained always the same ones, in training those that each
    epoch draws anew (Liu et al. 2019, section 4.1), so that a text teaches more than what was covered first.
    """

    def __init__(self, tokenizer: Any, texts: Sequence[str], longest: int) -> None:
        self.tokenizer, self.whole = tokenizer, masked_lm.uncovered(tokenizer, texts, longest)
        pieces = masked_lm.masked(tokenizer, texts, longest)
        super().__init__(pieces.ids, pieces.targets, pieces.row, 0)

    def begin(self, epoch: int, seed: int) -> None:
        """Cover other tokens."""
        rng = generator(seed, "covered", str(epoch))
        self.ids, self.targets, _ = masked_lm.covered(self.tokenizer, self.whole, repeat(rng))


def examples(table: pl.DataFrame, tokenizer: Any, max_tokens: int, _labels: Sequence[str]) -> Examples:
    """Give the pieces of every row, in order; a text that stands there again is covered elsewhere."""
    return Covered(tokenizer, table["text"].to_list(), max_tokens)
