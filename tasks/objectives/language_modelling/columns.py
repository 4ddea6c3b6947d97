"""What a row of language modelling holds: a text. The column of labels is kept, empty, so that its mixes and those of
classifiers can be read alike.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.layout import Layout, Role
from tasks.core.suggest import Problem
from tasks.objectives.labels import unwanted, without_trial
from tasks.objectives.parts import About

ABOUT = {
    "text": About("The text.", "the text, white space and Unicode normalised"),
    "label": About("The label.", "nothing: the texts themselves are what is learned"),
}


def layout(_labels: Sequence[str]) -> Layout:
    """Lay rows out: equal texts are repetitions."""
    return Layout(
        roles=(Role(name="text"), Role(name="label", holds="nothing")),
        texts=("text",),
        compared=("text",),
        key=("text",),
        match=("text",),
    )


def problems(tree: Mapping[str, Any]) -> list[Problem]:
    """Say what of a recipe does not go with the task."""
    needless = unwanted(tree, "label", "language modelling", "text-classification")
    return [*needless, *without_trial(tree, "a language model")]
