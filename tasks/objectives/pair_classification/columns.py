"""What a row of pair classification holds: a text, a second one, and the label of both together."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.layout import Layout, Role
from tasks.core.suggest import Problem
from tasks.objectives.labels import missing
from tasks.objectives.parts import About

TEXTS = ("text", "pair")
ABOUT = {
    "text": About("The first text.", "the first text, white space and Unicode normalised"),
    "pair": About("The second text.", "the second text, likewise"),
    "label": About("The label of both together.", "one of the labels above"),
}


def layout(labels: Sequence[str]) -> Layout:
    """Lay rows out: a pair repeats another when both texts do; pairs that share a text stay on one side of the
    hold-out.
    """
    return Layout(
        roles=(Role(name="text"), Role(name="pair"), Role(name="label", holds="label", values=tuple(labels))),
        texts=TEXTS,
        compared=TEXTS,
        key=TEXTS,
        match=TEXTS,
    )


def problems(tree: Mapping[str, Any]) -> list[Problem]:
    """Say what of a recipe does not go with the task."""
    return missing(tree, "a classifier of pairs")
