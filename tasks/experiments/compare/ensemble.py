"""What a coalition of sources is worth without training more: the likelihood that an ensemble of one model per source
gives the truth.
"""

from collections.abc import Sequence

import numpy as np

from tasks.text.hashing import Floats

LEAST = 1e-3
"""Least probability of a label that one model gives (as in MixMin): a row that it finds impossible shall not decide."""


def log_likelihood(losses: Floats, shares: Sequence[float], coalition: int, *, bounded: bool) -> Floats:
    """Give log Σ_{i∈S} w_i p_i(y|x) / Σ_{i∈S} w_i of every row (the objective of MixMin, arXiv 2502.10510), shape (S,
    n).

    Args:
        losses: −log p_i(y|x) in nats of each source's models, shape (K, S, n).
        shares: w_i, of each source in the mix.
        coalition: bit i set where source i takes part; not 0.
        bounded: whether p_i is a probability of a label, which is then at least `LEAST`; a text's may be as small as it
            likes.
    """
    inside = [player for player in range(len(losses)) if coalition >> player & 1]
    weights = np.asarray([shares[player] for player in inside], float)
    logs = np.maximum(-losses[inside], np.log(LEAST)) if bounded else -losses[inside]
    highest = logs.max(0)
    return highest + np.log(np.tensordot(weights / weights.sum(), np.exp(logs - highest), 1))
