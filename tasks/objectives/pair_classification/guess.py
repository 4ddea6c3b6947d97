"""`cuvee init` proposes no pairs: two columns of texts and a label may as well be a title and a body."""

from collections.abc import Sequence
from typing import Any

from tasks.objectives.text_classification.guess import PRETRAINED, WHY, model

__all__ = ["PRETRAINED", "WHY", "learns", "model"]


def learns(_labels: Sequence[str]) -> dict[str, Any] | None:
    """Propose nothing."""
    return None
