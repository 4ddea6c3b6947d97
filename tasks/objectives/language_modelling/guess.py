"""What `cuvee init` writes where texts have no labels."""

from collections.abc import Sequence
from typing import Any

PRETRAINED = "HuggingFaceTB/SmolLM2-135M"
WHY = (
    "No file has labels, so a language model learns the texts. For a classifier name the column of labels: "
    "`cuvee init --label COLUMN`."
)
TINY = {"n_embd": 128, "n_layer": 2, "n_head": 2}


def learns(labels: Sequence[str]) -> dict[str, Any] | None:
    """Say what is learned; None where there are labels, which tell more."""
    return None if labels else {"task": "language-modelling"}


def model(longest: int) -> dict[str, Any]:
    """Give a small model that reads so many tokens."""
    return {"architecture": "gpt2", "config": TINY | {"n_positions": longest}}
