"""The loss of a tagger: −log p(tag), over the words of a text."""

from collections.abc import Mapping
from typing import Any

import torch

from tasks.models.tagger import NO_WORD


def losses(outputs: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Give −Σ log p(tag) of every example in nats, and how many words it is over.

    Args:
        outputs: `logits`, shape (examples, length, tags).
        batch: `labels`, numbers of the tags at the first pieces of words, `NO_WORD` elsewhere, shape (examples,
            length).
    """
    wanted, logits = batch["labels"], outputs.logits.float().transpose(1, 2)
    each = torch.nn.functional.cross_entropy(logits, wanted, reduction="none", ignore_index=NO_WORD)
    return each.sum(1), (wanted != NO_WORD).sum(1)
