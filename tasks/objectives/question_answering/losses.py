"""The loss of a reader: −log p(start) − log p(end) of the answer, over the tokens of question and window."""

from collections.abc import Mapping
from typing import Any

import torch


def losses(outputs: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Give −log p of both ends of every example's answer in nats, and 2 targets for each; padding is no place.

    Args:
        outputs: `start_logits` and `end_logits`, shape (examples, length).
        batch: `start_positions` and `end_positions`, shape (examples,), and `attention_mask`.
    """
    padding = batch["attention_mask"] == 0
    each = [
        torch.nn.functional.cross_entropy(
            logits.float().masked_fill(padding, -1e9), batch[f"{end}_positions"], reduction="none"
        )
        for end, logits in (("start", outputs.start_logits), ("end", outputs.end_logits))
    ]
    return each[0] + each[1], 2 * torch.ones_like(batch["start_positions"])
