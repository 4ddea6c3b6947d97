"""What a row of sequence to sequence holds: a text, and what is to be written from it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.layout import Layout, Role
from tasks.core.suggest import Problem
from tasks.objectives.labels import unwanted, without_trial
from tasks.objectives.parts import About

ABOUT = {
    "text": About("The text.", "what is read, white space and Unicode normalised"),
    "target": About("What is to be written from it.", "what is to be written from it"),
}


def layout(_labels: Sequence[str]) -> Layout:
    """Lay rows out: a pair repeats another when both texts do, since one text may have several translations; pairs that
    share what is read stay on one side of the hold-out.
    """
    return Layout(
        roles=(Role(name="text"), Role(name="target")),
        texts=("text", "target"),
        compared=("text", "target"),
        key=("text", "target"),
        match=("text",),
    )


def problems(tree: Mapping[str, Any]) -> list[Problem]:
    """Say what of a recipe does not go with the task."""
    needless = unwanted(tree, "label", "sequence to sequence", "text-classification")
    return [*needless, *without_trial(tree, "an encoder-decoder")]
