"""What an encoder-decoder learns from: a text and what is to be written from it, each cut where it is too long."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from transformers import AutoModelForSeq2SeqLM, DataCollatorForSeq2Seq

from tasks.models import encoder_decoder
from tasks.models.examples import Examples
from tasks.models.vocabularies import ended_byte_pairs

Model = AutoModelForSeq2SeqLM
Collator = DataCollatorForSeq2Seq
vocabulary = ended_byte_pairs


def settings(_labels: Sequence[str]) -> dict[str, Any]:
    """Add nothing."""
    return {}


def refuse(_model: Any, tokenizer: Any) -> None:
    """Refuse a tokenizer that cannot end what is written.

    Raises:
        RecipeError: it has no token for it.
    """
    encoder_decoder.end(tokenizer)


def examples(table: pl.DataFrame, tokenizer: Any, max_tokens: int, _labels: Sequence[str]) -> Examples:
    """Give one example a row; it counts as cut where either of its texts is."""
    read = encoder_decoder.encode(tokenizer, table["text"].to_list(), max_tokens)
    written = encoder_decoder.encode_targets(tokenizer, table["target"].to_list(), max_tokens)
    encoded = Examples(read.ids, written.ids, np.arange(len(table)), int((read.cut | written.cut).sum()))
    encoded.lengths = encoded.lengths + np.array([len(ids) for ids in written.ids], np.int64)
    return encoded
