"""What `cuvee init` writes where texts have labels."""

from collections.abc import Sequence
from typing import Any

PRETRAINED = "google/bert_uncased_L-2_H-128_A-2"
WHY = ""
TINY = {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 512}


def learns(labels: Sequence[str]) -> dict[str, Any] | None:
    """Say what is learned; None where there are no labels."""
    return {"labels": list(labels)} if labels else None


def model(_longest: int) -> dict[str, Any]:
    """Give a small model."""
    return {"architecture": "bert", "config": TINY}
