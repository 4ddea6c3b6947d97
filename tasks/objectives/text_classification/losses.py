"""The loss of a classifier: −log p(label)."""

from collections.abc import Mapping
from typing import Any

import torch


def losses(outputs: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Give −log p(label) of every example in nats, and 1 target for each.

    Args:
        outputs: `logits`, shape (examples, labels).
        batch: `labels`, their numbers, shape (examples,).
    """
    targets = batch["labels"]
    each = torch.nn.functional.cross_entropy(outputs.logits.float(), targets, reduction="none")
    return each, torch.ones_like(targets)
