"""Importance of rows to a target by hashed n-grams (DSIR; Xie et al. 2023, arXiv 2302.03169). Arrays in, arrays out."""

import numpy as np

from tasks.text.hashing import Floats, Grams, Ints

LEAST = 1e-8
"""Added to a frequency before its logarithm is taken, as in DSIR's own code."""
PRIOR = 1_000.0
"""N-grams' worth of the pool that are added to the target's counts."""


def log_ratio(target: Floats, pool: Floats, prior: float = PRIOR) -> Floats:
    """Give log(p + 1e-8) − log(q + 1e-8) by bucket, from counts of the target and of the pool to select from.

    p = (counts of the target + prior · q) / (their sum + prior). A prior of 0 is DSIR as published, which punishes a
    small target's every unseen pair of words with log 1e-8; with a prior it counts at worst as rare as
    prior / (n-grams of the target + prior) of q.
    """
    q = pool / max(pool.sum(), 1.0)
    p = (target + prior * q) / max(target.sum() + prior * q.sum(), 1.0)
    return np.log(p + LEAST) - np.log(q + LEAST)


def log_importance(grams: Grams, ratio: Floats) -> Floats:
    """Give log w(x) = Σ_g log p(g)/q(g) of every text."""
    return grams.sums(ratio)


def gumbel_top(scores: Floats, keep: int, rng: np.random.Generator) -> Ints:
    """Draw `keep` of the rows without replacement, by e^score: those with the largest score + Gumbel(0, 1), in
    ascending order.
    """
    noisy = scores + rng.gumbel(size=len(scores))
    return (
        np.sort(np.argpartition(-noisy, keep - 1)[:keep])
        if 0 < keep < len(scores)
        else np.arange(len(scores))[: max(keep, 0)]
    )
