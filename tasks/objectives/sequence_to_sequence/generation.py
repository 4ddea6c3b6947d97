"""How a model writes, saved with it: whoever loads it and calls `generate` gets what was measured."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from tasks.models.encoder_decoder import write
from tasks.models.trained import Ready
from tasks.objectives.parts import Trained

PLAIN = {
    "do_sample": False,
    "early_stopping": False,
    "length_penalty": 1.0,
    "min_length": 0,
    "no_repeat_ngram_size": 0,
    "repetition_penalty": 1.0,
}
"""What models of the Hub have learned for other texts does not hold here; their special tokens do."""


def settle(model: Any, _tokenizer: Any, longest: int, beams: int) -> None:
    """Let a model write with so many beams, and no more tokens than it learned to.

    Args:
        beams: 1 takes the likeliest token each time.
    """
    model.generation_config.update(max_new_tokens=longest, num_beams=beams, **PLAIN)


def drawn(ready: Ready, rows: pl.DataFrame, trained: Trained, how: Mapping[str, Any]) -> list[str]:
    """Let a model write for every text.

    Args:
        how: what is otherwise than it is set to.
    """
    return write(ready, rows["text"].to_list(), trained.max_tokens, how)


def right(rows: pl.DataFrame) -> list[str]:
    """Give what was to be written from every text."""
    return rows["target"].to_list()
