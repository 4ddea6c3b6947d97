"""What a tagger learns from: words, and at the first piece of each the number of its tag; rows that are too long are
several examples.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl
from transformers import AutoModelForTokenClassification, DataCollatorForTokenClassification

from tasks.models import tagger
from tasks.models.examples import Examples
from tasks.models.vocabularies import word_pieces
from tasks.objectives.text_classification import examples as of_texts

Model = AutoModelForTokenClassification
Collator = DataCollatorForTokenClassification
vocabulary = word_pieces
settings = of_texts.settings


def refuse(_model: Any, tokenizer: Any) -> None:
    """Refuse a tokenizer that does not say which word a piece is of.

    Raises:
        RecipeError: it does not.
    """
    tagger.refuse(tokenizer)


def examples(table: pl.DataFrame, tokenizer: Any, max_tokens: int, labels: Sequence[str]) -> Examples:
    """Give the parts of every row, in order."""
    number = {label: at for at, label in enumerate(labels)}
    parts = tagger.cut(tokenizer, table["words"].to_list(), max_tokens)
    tags = [[number[tag] for tag in row] for row in table["tags"].to_list()]
    return Examples(parts.ids, [part.targets(tags[part.row]) for part in parts.parts], parts.rows, 0)
