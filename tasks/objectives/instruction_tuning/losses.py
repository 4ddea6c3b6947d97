"""The loss of an answer: −log p(token | all that stands before it), over all tokens of a chat's answers and their
ends.
"""

from tasks.objectives.language_modelling.losses import losses

__all__ = ["losses"]
