"""A trained model as a teacher: its labels must be those of the recipe, in whichever order it has them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.core.errors import RecipeError
from tasks.core.imports import importing
from tasks.models.pretrained import labels_in, load_pretrained
from tasks.models.trained import Ready

WHAT = "train.distil.teacher"


def place_of(name: str, base: str) -> Path:
    """Give the folder of a teacher, or its name on the Hub, as transformers loads it."""
    return folder if (folder := Path(base) / name).is_dir() else Path(name)


def open_teacher(name: str, revision: str | None, base: str, kind: Any) -> Ready:
    """Load a teacher.

    Args:
        kind: class of transformers that loads it.

    Raises:
        RecipeError: no such model, or no safe weights.
    """
    with importing:
        import torch

    tokenizer, model = load_pretrained(WHAT, name, revision, base, kind)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return Ready(model.to(device).eval(), tokenizer, device)


def labels_of(config: Any, labels: Sequence[str]) -> tuple[str, ...]:
    """Give the labels of a teacher in its own order.

    Raises:
        RecipeError: they are others than the recipe's.
    """
    own = labels_in(config)
    if {*own} != {*labels} or len(own) != len(labels):
        raise RecipeError(
            f"{WHAT}: its labels are {', '.join(own)}, and the recipe's are {', '.join(labels)}; a teacher has the "
            "same labels. Train one on a recipe with these labels"
        )
    return own
