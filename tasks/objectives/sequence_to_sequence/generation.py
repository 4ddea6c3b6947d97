"""How a model writes, saved with it: whoever loads it and calls `generate` gets what was measured."""

from typing import Any

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
