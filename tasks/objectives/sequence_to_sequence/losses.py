"""The loss of an encoder-decoder: −log p(token | what is read, the tokens before it), over all of a target and its
end.
"""

from collections.abc import Mapping
from typing import Any

import torch

from tasks.models import targets


def losses(outputs: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Give −Σ log p(token) of every target in nats, and how many tokens it is over."""
    return targets.losses(outputs.logits, batch["labels"])
