"""The loss of an encoder-decoder: −log p(token | what is read, the tokens before it), over all of a target and its
end.
"""

from tasks.models.encoder_decoder import losses

__all__ = ["losses"]
