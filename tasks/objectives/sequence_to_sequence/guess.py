"""What `cuvee init` writes where texts stand beside what is to be written from them."""

from collections.abc import Sequence
from typing import Any

PRETRAINED = "google/t5-efficient-tiny"
WHY = (
    "Every record has a text and what can be written from it, so a model learns to write it; swap `text` and `target` "
    "for the other direction."
)
TINY = {"d_model": 128, "d_kv": 32, "d_ff": 512, "num_layers": 2, "num_decoder_layers": 2, "num_heads": 4}


def learns(labels: Sequence[str]) -> dict[str, Any] | None:
    """Say what is learned; None where there are labels, which tell more."""
    return None if labels else {"task": "sequence-to-sequence"}


def model(_longest: int) -> dict[str, Any]:
    """Give a small model."""
    return {"architecture": "t5", "config": TINY}
