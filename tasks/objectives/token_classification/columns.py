"""What a row of token classification holds: words, and a tag for each."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.layout import Layout, Role
from tasks.core.suggest import Problem
from tasks.objectives.labels import Lack, missing, needing, redacting, without_trial
from tasks.objectives.parts import About

ABOUT = {
    "words": About("The words of the text.", "the words of the text, Unicode normalised"),
    "tags": About("The tag of each word.", "one of the labels above for each word"),
}
LACK = Lack("here each word bears one", "each word bears a label, and a linear probe gives one a row")


def layout(labels: Sequence[str]) -> Layout:
    """Lay rows out: the same words are a repetition, whatever their tags."""
    tags = Role(name="tags", holds="tags", values=tuple(labels), of="words")
    return Layout(
        roles=(Role(name="words", holds="words"), tags),
        texts=("words",),
        compared=("words",),
        key=("words",),
        match=("words",),
    )


def problems(tree: Mapping[str, Any]) -> list[Problem]:
    """Say what of a recipe does not go with the task."""
    return [
        *missing(tree, "a tagger"),
        *needing(tree, LACK),
        *redacting(tree, "the words that tags stand at"),
        *without_trial(tree, "a tagger"),
    ]
