"""How `cuvee init` knows texts with nothing beside them, and what it writes of them."""

from collections.abc import Sequence
from typing import Any

from tasks.objectives.ways import Way

PRETRAINED = "HuggingFaceTB/SmolLM2-135M"
WHY = (
    "No file has labels, so a language model learns the texts. For a classifier name the column of labels: "
    "`cuvee init --label COLUMN`."
)
ASKED_FOR = False
TINY = {"n_embd": 128, "n_layer": 2, "n_head": 2}


def ways(_columns: Sequence[str]) -> Sequence[Way]:
    """Know a text by what it holds."""
    return [Way()]


def model(longest: int) -> dict[str, Any]:
    """Give a small model that reads so many tokens."""
    return {"architecture": "gpt2", "config": TINY | {"n_positions": longest}}
