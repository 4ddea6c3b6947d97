"""How a model answers, saved with it: whoever loads it and lets it answer a chat gets what was measured."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from tasks.models.chats import answers, give_template
from tasks.models.trained import Ready
from tasks.objectives.parts import Trained
from tasks.objectives.sequence_to_sequence.generation import PLAIN


def settle(model: Any, tokenizer: Any, longest: int, beams: int) -> None:
    """Let a model answer with so many beams until its answer ends, or the chat is as long as those that it learned.

    Args:
        beams: 1 takes the likeliest token each time.
    """
    template, known = give_template(tokenizer), model.generation_config.eos_token_id
    ends = [template.end, tokenizer.eos_token_id, *(known if isinstance(known, list) else [known])]
    how = {"eos_token_id": list(dict.fromkeys(end for end in ends if end is not None)), "num_beams": beams, **PLAIN}
    model.generation_config.update(max_length=longest, pad_token_id=tokenizer.pad_token_id, **how)


def drawn(ready: Ready, rows: pl.DataFrame, trained: Trained, how: Mapping[str, Any]) -> list[str]:
    """Let a model write the last answer of every chat.

    Args:
        how: what is otherwise than it is set to.
    """
    return answers(ready, rows["messages"].to_list(), trained.max_tokens, how)


def right(rows: pl.DataFrame) -> list[str]:
    """Give the last answer of every chat."""
    return [chat[-1]["content"] for chat in rows["messages"].to_list()]
