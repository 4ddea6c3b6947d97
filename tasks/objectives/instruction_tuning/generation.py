"""How a model answers, saved with it: whoever loads it and lets it answer a chat gets what was measured."""

from typing import Any

from tasks.models.chats import give_template
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
