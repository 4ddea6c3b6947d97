"""The loss of a classifier of pairs: −log p(label)."""

from tasks.objectives.text_classification.losses import losses

__all__ = ["losses"]
