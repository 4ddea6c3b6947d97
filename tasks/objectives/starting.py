"""A pretrained model as training begins with it: what of it is new, its labels, its padding, how long its texts are,
how it writes.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tasks.models.heads import name_labels
from tasks.models.pretrained import load_pretrained, own_labels
from tasks.objectives.parts import examples_of, generates, generation_of


class Start(NamedTuple):
    """A pretrained model that may learn a task.

    Attributes:
        new: names of its weights that no file of it has, such as those of a head for other labels; they begin by
            chance.
    """

    model: Any
    tokenizer: Any
    new: tuple[str, ...]


def open_start(name: str, revision: str | None, base: str, task: str, labels: Sequence[str]) -> Start:
    """Load a pretrained model for a task. Where it knows the recipe's labels, in whichever order, it says of them what
    it said; a head for other labels begins anew.

    Raises:
        RecipeError: no such model, no safe weights, or none for the task.
    """
    kind = examples_of(task)
    own = own_labels("train.model", name, revision, base) if labels else ()
    known = {"ignore_mismatched_sizes": True, "output_loading_info": True, **kind.settings(labels)}
    tokenizer, (model, told) = load_pretrained("train.model", name, revision, base, kind.Model, **known)
    if tokenizer.pad_token is None:  # GPT-2 and its like
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "right"
    model.config.pad_token_id = tokenizer.pad_token_id
    new = [*told["missing_keys"], *(weights for weights, *_ in told["mismatched_keys"])]
    if len(own) == len(labels):
        new += name_labels(model, own, labels, new)
    return Start(model, tokenizer, tuple(sorted(new)))


def settle(model: Any, tokenizer: Any, task: str, max_tokens: int, beams: int) -> None:
    """Let a model be read, and write, as long as it learns to: who loads it cuts and writes as it was trained."""
    tokenizer.model_max_length = max_tokens
    if generates(task):
        generation_of(task).settle(model, tokenizer, max_tokens, beams)
