"""What a row of instruction tuning holds: a chat, in which the answers are what is learned."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.layout import Layout, Role
from tasks.core.suggest import Problem
from tasks.objectives.labels import unwanted, without_trial
from tasks.objectives.parts import About

ABOUT = {
    "messages": About("The chat.", "a chat: messages, each with its role (system, user or assistant) and its content")
}


def layout(_labels: Sequence[str]) -> Layout:
    """Lay rows out: chats that are the same throughout are repetitions; those that begin with the same question stay on
    one side of the hold-out.
    """
    chat = ("messages",)
    return Layout(roles=(Role(name="messages", holds="messages"),), texts=chat, compared=chat, key=chat, match=chat)


def problems(tree: Mapping[str, Any]) -> list[Problem]:
    """Say what of a recipe does not go with the task."""
    needless = unwanted(tree, "label", "instruction tuning", "text-classification")
    return [*needless, *without_trial(tree, "a language model")]
