"""What a row of multi-label classification holds: a text and a list of labels, which may be empty."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.layout import Layout, Role
from tasks.core.suggest import Problem
from tasks.objectives.labels import Lack, missing, needing, without_trial
from tasks.objectives.parts import About

ABOUT = {
    "text": About("The text.", "the text, white space and Unicode normalised"),
    "labels": About("The labels.", "those of the labels above that the text bears, in their order"),
}
LACK = Lack("a row may bear several", "a row may bear several labels, and a linear probe gives one")


def layout(labels: Sequence[str]) -> Layout:
    """Lay rows out: equal texts are repetitions, whatever their labels."""
    return Layout(
        roles=(Role(name="text"), Role(name="labels", holds="labels", values=tuple(labels))),
        texts=("text",),
        compared=("text",),
        key=("text",),
        match=("text",),
    )


def problems(tree: Mapping[str, Any]) -> list[Problem]:
    """Say what of a recipe does not go with the task."""
    return [*missing(tree, "a classifier"), *needing(tree, LACK), *without_trial(tree, "this task")]
