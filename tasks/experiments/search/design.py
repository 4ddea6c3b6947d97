"""Which mixes to try: a first round that covers the space, later rounds around the best mix so far."""

import numpy as np

from tasks.experiments.search.simplex import Limits, draw
from tasks.experiments.search.surrogate import Matrix, Vector

APART = 0.15
"""Least Σ|w - v| between a mix that was drawn and the others."""
STRENGTHS = np.array([0.3, 0.6, 1.0, 2.5])
REPEATS = 3
"""Runs on the uniform mix that show the noise."""
POOL = 64
"""Mixes drawn for each one wanted."""


def first_round(
    prior: Vector,
    limits: Limits,
    runs: int,
    rng: np.random.Generator,
    also: Matrix,
    known: Matrix,
    repeats: int = REPEATS,
) -> Matrix:
    """Choose the mixes of the first round, shape (runs, K).

    In this order: uniform (`repeats` times, to see the noise), the prior, those that the caller adds, 0.6 of one source
    and 0.4 of the uniform mix for each source, then draws from Dirichlet(K · prior · {0.3, 0.6, 1, 2.5}) that lie apart
    from what is there.

    Args:
        prior: shape (K,), sums to 1.
        runs: how many; at least 2K is advised. Fewer than the fixed ones give the first of them.
        also: mixes to try besides, shape (a, K).
        known: mixes that were tried before, shape (m, K); draws lie apart from them, too.

    Raises:
        NotEnoughData: the limits leave no mix.
    """
    sources = len(prior)
    even = np.full(sources, 1 / sources)
    corners = [corner for corner, high in zip(0.6 * np.eye(sources) + 0.4 * even, limits.high, strict=True) if high > 0]
    fixed = limits.tidy(np.vstack([[even] * repeats, [prior], also, corners]))
    if runs <= len(fixed):
        return fixed[:runs]
    return np.vstack([fixed, wide_round(prior, limits, runs - len(fixed), rng, np.vstack([fixed, known]))])


def wide_round(prior: Vector, limits: Limits, runs: int, rng: np.random.Generator, tried: Matrix) -> Matrix:
    """Draw mixes all over the space, apart from those tried, shape (runs, K)."""
    return _far_apart(tried, limits.tidy(draw(prior, len(prior) * STRENGTHS, POOL * runs, rng)), runs)


def next_round(best: Vector, tried: Matrix, limits: Limits, runs: int, rng: np.random.Generator) -> Matrix:
    """Choose the mixes of a later round, shape (runs, K): `best` itself, then draws from Dirichlet(20 best + 0.3).

    Each is at least APART from every mix tried and from the others, while the draws allow it. The best itself is left
    out where it was tried.
    """
    alpha = 20 * best + 0.3
    drawn = limits.tidy(np.vstack([best, draw(alpha / alpha.sum(), np.array([alpha.sum()]), POOL * runs, rng)]))
    return _far_apart(tried, drawn, runs)


def _far_apart(there: Matrix, drawn: Matrix, wanted: int) -> Matrix:
    """Take draws in their order that are APART from all there and taken; where none is left, the farthest one."""
    nearest = np.abs(drawn[:, None] - there[None]).sum(2).min(1)
    taken: list[int] = []
    while len(taken) < wanted:
        number = int((nearest >= APART).argmax()) if (nearest >= APART).any() else int(nearest.argmax())
        taken.append(number)
        nearest = np.minimum(nearest, np.abs(drawn - drawn[number]).sum(1))
    return drawn[taken]
