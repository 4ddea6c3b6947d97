"""Mixes as points: shares ≥ 0 that sum to 1, none above its cap."""

import numpy as np

from tasks.errors import NotEnoughData
from tasks.search.surrogate import Matrix, Vector

LEAST = 0.002
"""A share below this is no share: 0 (the smallest that olmix keeps)."""


def within_caps(mixes: Matrix, caps: Vector) -> Matrix:
    """Bring mixes (n, K) under caps (K,): what is cut off goes to the other sources in proportion to their shares.

    Shares below their caps keep their proportions to each other, and a mix under its caps stays as it is. A mix whose open
    shares are all 0 fills the other sources in proportion to their caps.

    Raises:
        NotEnoughData: the caps sum to less than 1.
    """
    if caps.sum() < 1 - 1e-9:
        raise NotEnoughData(
            f"all sources together fill {caps.sum():.0%} of the mix under their caps ({', '.join(f'{cap:.3f}' for cap in caps)}); "
            "make the mix smaller, or let rows repeat more often"
        )
    shares = mixes / mixes.sum(1, keepdims=True)
    full = np.zeros(shares.shape, bool)
    for _ in caps:
        over = (shares > caps) & ~full
        if not over.any():
            break
        full |= over
        shares = np.where(full, caps, shares)
        left = 1 - np.where(full, caps, 0).sum(1, keepdims=True)
        pull = np.where(full, 0, shares)
        pull = np.where(pull.sum(1, keepdims=True) > 0, pull, np.where(full, 0, caps))
        total = pull.sum(1, keepdims=True)
        shares = np.where(full, caps, pull / np.where(total > 0, total, 1) * left)
    return shares


def tidy(mixes: Matrix, caps: Vector) -> Matrix:
    """Set shares below LEAST to 0 and bring the rest to sum to 1 under the caps."""
    return within_caps(np.where(mixes < LEAST, 0, mixes), caps)


def divergence(mixes: Matrix, prior: Vector) -> Vector:
    """Give KL(w ‖ prior) of each mix, in nats; a source that the prior gives nothing counts as one it gives a ten-thousandth."""
    known = np.maximum(prior, 1e-4)
    known = known / known.sum()
    return np.sum(mixes * np.log(np.where(mixes > 0, mixes / known, 1)), axis=1)


def draw(centre: Vector, strengths: Vector, count: int, rng: np.random.Generator) -> Matrix:
    """Draw `count` mixes from Dirichlet(strength · centre), the strengths taken in turn; no entry of the centre below LEAST counts less."""
    middle = np.maximum(centre, LEAST)
    alpha = np.resize(strengths, count)[:, None] * (middle / middle.sum())
    drawn = rng.standard_gamma(alpha)
    total = drawn.sum(1, keepdims=True)
    return np.where(total > 0, drawn / np.where(total > 0, total, 1), middle / middle.sum())
