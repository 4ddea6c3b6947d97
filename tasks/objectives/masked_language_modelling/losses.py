"""The loss of a masked language model: −log p(token | the text around it), over the tokens that were covered."""

from collections.abc import Mapping
from typing import Any

import torch

from tasks.models import targets


def losses(outputs: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Give −Σ log p(token) of every example in nats, and how many tokens it is over."""
    return targets.losses(outputs.logits, batch["labels"])
