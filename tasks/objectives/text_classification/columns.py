"""What a row of text classification holds: a text and its label."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.layout import Layout, Role
from tasks.core.suggest import Problem
from tasks.objectives.labels import missing
from tasks.objectives.parts import About

ABOUT = {
    "text": About("The text.", "the text, white space and Unicode normalised"),
    "label": About("The label.", "one of the labels above"),
}


def layout(labels: Sequence[str]) -> Layout:
    """Lay rows out: equal texts are repetitions, whatever their labels."""
    return Layout(
        roles=(Role(name="text"), Role(name="label", holds="label", values=tuple(labels))),
        texts=("text",),
        compared=("text",),
        key=("text",),
        match=("text",),
    )


def problems(tree: Mapping[str, Any]) -> list[Problem]:
    """Say what of a recipe does not go with the task."""
    return missing(tree, "a classifier")
