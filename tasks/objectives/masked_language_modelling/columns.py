"""What a row of masked language modelling holds: a text, as for any language model."""

from collections.abc import Mapping
from typing import Any

from tasks.core.suggest import Problem
from tasks.objectives.labels import unwanted, without_trial
from tasks.objectives.language_modelling.columns import ABOUT, layout

__all__ = ["ABOUT", "layout", "problems"]


def problems(tree: Mapping[str, Any]) -> list[Problem]:
    """Say what of a recipe does not go with the task."""
    needless = unwanted(tree, "label", "masked language modelling", "text-classification")
    return [*needless, *without_trial(tree, "a language model")]
