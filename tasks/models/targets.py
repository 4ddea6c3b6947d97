"""The loss of tokens that are asked for, whatever a model knows when it is asked."""

from typing import Any

from tasks.core.imports import importing

NOT_PREDICTED = -100
"""Target of a position that nothing is asked of: context, or padding; losses pass over it."""


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
