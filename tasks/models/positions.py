"""How many tokens a model reads at once."""

from collections.abc import Mapping
from typing import Any

AFTER_PADDING = {
    "camembert",
    "data2vec-text",
    "esm",
    "ibert",
    "layoutlmv3",
    "lilt",
    "longformer",
    "luke",
    "markuplm",
    "mpnet",
    "roberta",
    "roberta-prelayernorm",
    "xlm-roberta",
    "xlm-roberta-xl",
    "xmod",
}
"""Architectures that number positions from the padding token's id on, as RoBERTa does."""
BY_ANOTHER_NAME = {"codegen", "ctrl", "gpt2", "gpt_bigcode", "gptj", "openai-gpt"}
"""Architectures whose configuration calls their positions `n_positions`; what T5 calls so is no limit."""
POSITIONS, PADDING = 512, 1
"""Theirs where the configuration says nothing else."""


def positions_in(config: Mapping[str, object]) -> int | None:
    """Count the positions that a text may take by what a configuration says; None where it says nothing."""
    after = config.get("model_type") in AFTER_PADDING
    other = config.get("n_positions") if config.get("model_type") in BY_ANOTHER_NAME else None
    positions = config.get("max_position_embeddings", POSITIONS if after else other)
    padding = config.get("pad_token_id", PADDING)
    if not isinstance(positions, int):
        return None
    return positions - (padding if isinstance(padding, int) else PADDING) - 1 if after else positions


def positions_of(model: Any) -> int | None:
    """Count the positions that a text may take in a loaded model, whose tables tell where they begin."""
    positions = getattr(model.config, "max_position_embeddings", None)
    return positions and positions - first_position(model)


def first_position(model: Any) -> int:
    """Say what number the first position of a text has in a loaded model."""
    tables = [module for name, module in model.named_modules() if name.endswith("position_embeddings")]
    lost = [table.padding_idx + 1 for table in tables if getattr(table, "padding_idx", None) is not None]
    return max(lost, default=0)


def longest(tokenizer: Any, positions: int | None, otherwise: int) -> int:
    """Say how many tokens a model reads.

    Args:
        positions: see `positions_of` and `positions_in`.
        otherwise: where it has no number of positions.
    """
    return min(tokenizer.model_max_length, positions or otherwise)
