"""What a row of question answering holds, as SQuAD lays it out: a question, its context, and answers in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.layout import Layout, Role
from tasks.core.suggest import Problem
from tasks.objectives.labels import redacting, unwanted, without_trial
from tasks.objectives.parts import About

ABOUT = {
    "question": About("The question.", "the question, white space and Unicode normalised"),
    "context": About("The text that the answers stand in.", "the text that the answers stand in, likewise"),
    "answers": About("The answers.", "`text`, pieces of the context, and `answer_start`, where each begins, from 0"),
}


def layout(_labels: Sequence[str]) -> Layout:
    """Lay rows out: a question on one context is asked once; questions on one context stay on one side of the hold-out.
    Questions are compared, not contexts, of which most rows share theirs with others.
    """
    answers = Role(name="answers", holds="answers", of="context")
    return Layout(
        roles=(Role(name="question"), Role(name="context"), answers),
        texts=("question", "context"),
        compared=("question",),
        key=("question", "context"),
        match=("context",),
    )


def problems(tree: Mapping[str, Any]) -> list[Problem]:
    """Say what of a recipe does not go with the task."""
    return [
        *unwanted(tree, "label", "question answering", "text-classification"),
        *redacting(tree, "the texts in which answers have their places"),
        *without_trial(tree, "a reader"),
    ]
