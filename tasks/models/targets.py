"""The loss of tokens that are asked for, whatever a model knows when it is asked."""

from collections.abc import Mapping
from typing import Any

from tasks.core.imports import importing

NOT_PREDICTED = -100
"""Target of a position that nothing is asked of: context, or padding; losses pass over it."""
SEGMENT = "segment"
"""What a packed batch says of every token: the number of the example it is of, -1 for padding."""


def losses(logits: Any, targets: Any) -> tuple[Any, Any]:
    """Give the loss of every example, −Σ log p(token) in nats, and how many tokens it is over.

    Args:
        logits: shape (examples, length, vocabulary), the n-th for the n-th target.
        targets: shape (examples, length), `NOT_PREDICTED` where nothing is asked.

    Returns:
        Two tensors of shape (examples,).
    """
    with importing:
        from torch.nn.functional import cross_entropy

    each = cross_entropy(logits.float().transpose(1, 2), targets, reduction="none", ignore_index=NOT_PREDICTED)
    return each.sum(1), (targets != NOT_PREDICTED).sum(1)


def asked(batch: Mapping[str, Any]) -> Any:
    """Count the targets of every example before a model has seen it, as the losses of every task count them: tokens or
    tags, two ends of an answer, one label or number.

    Args:
        batch: shape (examples, …) each; `segment` says of a packed one which example each of its tokens is of.

    Returns:
        A tensor of shape (examples,).
    """
    if "labels" not in batch:
        return 2 * batch["start_positions"].new_ones(len(batch["start_positions"]))
    labels = batch["labels"]
    if labels.ndim == 1 or labels.is_floating_point():
        return labels.new_ones(len(labels), dtype=int)
    there = labels != NOT_PREDICTED
    return batch[SEGMENT][there].bincount(minlength=int(batch[SEGMENT].max()) + 1) if SEGMENT in batch else there.sum(1)
