"""Which mixes to try: a first round that covers the ground, later rounds around the best mix so far."""

import numpy as np

from tasks.search.simplex import draw, tidy
from tasks.search.surrogate import Matrix, Vector

APART = 0.15
"""Least Σ|w - v| between a mix that was drawn and the others."""
STRENGTHS = np.array([0.3, 0.6, 1.0, 2.5])
POOL = 64
"""Mixes drawn for each one wanted."""


def first_round(prior: Vector, caps: Vector, runs: int, rng: np.random.Generator, repeats: int = 1) -> Matrix:
    """Choose the mixes of the first round, shape (runs, K).

    In this order: uniform (`repeats` times, to see the noise), the prior, 0.6 of one source and 0.4 of the uniform mix for each
    source, then draws from Dirichlet(K · prior · {0.3, 0.6, 1, 2.5}) that lie apart from what is there.

    Args:
        prior: shape (K,), sums to 1.
        caps: most that each source may have, shape (K,).
        runs: how many; at least 2K is advised. Fewer than the fixed ones give the first of them.

    Raises:
        NotEnoughData: the caps leave no mix.
    """
    sources = len(prior)
    even = np.full(sources, 1 / sources)
    fixed = tidy(np.vstack([[even] * repeats, [prior], 0.6 * np.eye(sources) + 0.4 * even]), caps)
    if runs <= len(fixed):
        return fixed[:runs]
    drawn = tidy(draw(prior, sources * STRENGTHS, POOL * (runs - len(fixed)), rng), caps)
    return np.vstack([fixed, _far_apart(fixed, drawn, runs - len(fixed))])


def next_round(best: Vector, tried: Matrix, caps: Vector, runs: int, rng: np.random.Generator) -> Matrix:
    """Choose the mixes of a later round, shape (runs, K): `best` itself, then draws from Dirichlet(20 best + 0.3).

    Each is at least APART from every mix tried and from the others, while the draws allow it. The best itself is left out where
    it was tried.
    """
    alpha = 20 * best + 0.3
    drawn = tidy(np.vstack([best, draw(alpha / alpha.sum(), np.array([alpha.sum()]), POOL * runs, rng)]), caps)
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
