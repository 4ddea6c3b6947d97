"""What a row holds: a text, a second one, and the label of the pair."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.layout import Layout, Role
from tasks.core.suggest import Problem
from tasks.objectives.labels import missing
from tasks.objectives.parts import About

ABOUT = {
    "text": About("The text.", "the first text"),
    "reply": About("The second text.", "the answer to it"),
    "label": About("The label.", "one of the labels above"),
}


def layout(labels: Sequence[str]) -> Layout:
    """Lay rows out: a pair repeats another when both texts do; pairs that share a text stay on one side."""
    return Layout(
        roles=(Role(name="text"), Role(name="reply"), Role(name="label", holds="label", values=tuple(labels))),
        texts=("text", "reply"),
        compared=("text", "reply"),
        key=("text", "reply"),
        match=("text", "reply"),
    )


def problems(tree: Mapping[str, Any]) -> list[Problem]:
    """Say what of a recipe does not go with the task."""
    return missing(tree, "a classifier of pairs")
