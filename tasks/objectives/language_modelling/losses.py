"""The loss of a language model: −log p(token | those before it), over all tokens of a text and its end."""

from collections.abc import Mapping
from typing import Any

import torch

from tasks.models import causal_lm


def losses(outputs: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Give −Σ log p(token) of every example in nats, and how many tokens it is over."""
    return causal_lm.losses(outputs.logits, batch["labels"])
