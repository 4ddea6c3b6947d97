"""The loss of a classifier with several labels: the mean over the labels of −log p(there, or not)."""

from collections.abc import Mapping
from typing import Any

import torch


def losses(outputs: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Give the mean −log p of every example's labels in nats, and 1 target for each.

    Args:
        outputs: `logits`, shape (examples, labels).
        batch: `labels`, 1 or 0 for each, shape (examples, labels).
    """
    wanted = batch["labels"]
    each = torch.nn.functional.binary_cross_entropy_with_logits(outputs.logits.float(), wanted, reduction="none")
    return each.mean(1), torch.ones(len(wanted), dtype=torch.long, device=wanted.device)
