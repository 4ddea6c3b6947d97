"""Mixes as points: shares ≥ 0 that sum to 1, between their limits."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tasks.core.errors import NotEnoughData
from tasks.experiments.search.surrogate import Matrix, Vector

LEAST = 0.002
"""A share below this is no share: 0 (the smallest that olmix keeps)."""


def within_caps(mixes: Matrix, caps: Vector) -> Matrix:
    """Bring mixes (n, K) under caps (K,): what is cut off goes to the other sources in proportion to their shares.

    Shares below their caps keep their proportions to each other, and a mix under its caps stays as it is. A mix whose
    open shares are all 0 fills the other sources in proportion to their caps.

    Raises:
        NotEnoughData: the caps sum to less than 1.
    """
    if caps.sum() < 1 - 1e-9:
        raise NotEnoughData(
            f"all sources together fill {caps.sum():.0%} of the mix under their caps "
            f"({', '.join(f'{cap:.3f}' for cap in caps)}); "
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


@dataclass(frozen=True)
class Limits:
    """Between what the shares of a mix lie.

    Attributes:
        low, high: least and most of each source, shape (K,); Σ low ≤ 1 ≤ Σ high.
        least: a share below this is none.
    """

    low: Vector
    high: Vector
    least: float = LEAST

    @classmethod
    def none(cls, sources: int) -> Self:
        """Let every share be anything."""
        return cls(np.zeros(sources), np.ones(sources))

    def within(self, mixes: Matrix) -> Matrix:
        """Bring mixes (n, K) between the limits: w = low + (1 - Σ low) v, with v what is above `low`, brought under the
        caps.

        A mix between its limits stays as it is.

        Raises:
            NotEnoughData: the caps sum to less than 1.
        """
        free = 1 - self.low.sum()
        if free <= 1e-9:
            return np.tile(self.low / self.low.sum(), (len(mixes), 1))
        above = np.maximum(mixes / mixes.sum(1, keepdims=True) - self.low, 0)
        return self.low + free * within_caps(above, (self.high - self.low) / free)

    def tidy(self, mixes: Matrix) -> Matrix:
        """Bring mixes between the limits, with no share below `least`."""
        shares = self.within(mixes)
        return self.within(np.where(shares < self.least, self.low, shares))


def divergence(mixes: Matrix, prior: Vector) -> Vector:
    """Give KL(w ‖ prior) of each mix, in nats; a source that the prior gives nothing counts as one it gives a
    ten-thousandth.
    """
    known = np.maximum(prior, 1e-4)
    known = known / known.sum()
    return np.sum(mixes * np.log(np.where(mixes > 0, mixes / known, 1)), axis=1)


def draw(centre: Vector, strengths: Vector, count: int, rng: np.random.Generator) -> Matrix:
    """Draw `count` mixes from Dirichlet(strength · centre), the strengths taken in turn; no entry of the centre below
    LEAST counts less.
    """
    middle = np.maximum(centre, LEAST)
    alpha = np.resize(strengths, count)[:, None] * (middle / middle.sum())
    drawn = rng.standard_gamma(alpha)
    total = drawn.sum(1, keepdims=True)
    return np.where(total > 0, drawn / np.where(total > 0, total, 1), middle / middle.sum())
