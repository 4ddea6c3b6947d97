"""What a row of regression holds: a text and a number."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.layout import Layout, Role
from tasks.core.suggest import Problem
from tasks.objectives.labels import unwanted, without_trial
from tasks.objectives.parts import About

ABOUT = {
    "text": About("The text.", "the text, white space and Unicode normalised"),
    "value": About("The number that belongs to the text.", "the number that belongs to the text"),
}


def layout(_labels: Sequence[str]) -> Layout:
    """Lay rows out: equal texts are repetitions, whatever their numbers."""
    return Layout(
        roles=(Role(name="text"), Role(name="value", holds="value")),
        texts=("text",),
        compared=("text",),
        key=("text",),
        match=("text",),
    )


def problems(tree: Mapping[str, Any]) -> list[Problem]:
    """Say what of a recipe does not go with the task."""
    return [*unwanted(tree, "label", "regression", "text-classification"), *without_trial(tree, "regression")]
