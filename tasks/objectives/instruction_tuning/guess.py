"""What `cuvee init` writes where records hold chats."""

from collections.abc import Sequence
from typing import Any

from tasks.objectives.language_modelling.guess import model

__all__ = ["PRETRAINED", "WHY", "learns", "model"]

PRETRAINED = "HuggingFaceTB/SmolLM2-135M-Instruct"
WHY = "Every record holds a chat, so a language model learns to answer."


def learns(labels: Sequence[str]) -> dict[str, Any] | None:
    """Say what is learned; None where there are labels, which tell more."""
    return None if labels else {"task": "instruction-tuning"}
