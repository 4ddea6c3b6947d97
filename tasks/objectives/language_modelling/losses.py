"""The loss of a language model: −log p(token | those before it), over all tokens of a text and its end."""

from tasks.models.causal_lm import losses

__all__ = ["losses"]
