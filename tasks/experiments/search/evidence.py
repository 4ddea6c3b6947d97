"""Runs to learn from, as costs of mixes."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tasks.experiments.search.surrogate import Matrix, Vector


@dataclass(frozen=True)
class Evidence:
    """Runs to learn from, as costs: lower is better.

    Attributes:
        mixes: shares, shape (n, K); rows sum to 1.
        costs: one column per domain of the target, shape (n, D).
        parts: what each column counts for in the target's cost, shape (D,).
        own: place of the source that each column is the loss of, length D; empty where that is not known.
    """

    mixes: Matrix
    costs: Matrix
    parts: Vector
    own: tuple[int, ...] = ()

    @property
    def totals(self) -> Vector:
        """The target's cost of every run, shape (n,)."""
        return self.costs @ self.parts

    @property
    def mix_numbers(self) -> NDArray[np.int64]:
        """The number of every run's mix, shape (n,): equal where mixes are."""
        return np.unique(self.mixes.round(6), axis=0, return_inverse=True)[1]

    def only(self, rows: NDArray[np.int64]) -> "Evidence":
        """Keep some runs; a run may be kept several times."""
        return replace(self, mixes=self.mixes[rows], costs=self.costs[rows])


def own_sources(sources: tuple[str, ...], columns: tuple[str, ...], every: tuple[str, ...]) -> tuple[int, ...]:
    """Find the source that each column of scores belongs to, by name: `metric/the_pile_github_val_loss` to
    `train_the_pile_github`.

    Names are compared without what all names of their kind begin and end with, and without their signs.

    Args:
        columns: the columns of the target.
        every: all columns of the scores.

    Returns:
        A place for each column; empty where one of them belongs to no source.
    """
    known = {_bare(name, sources): place for place, name in enumerate(sources)}
    places = [known.get(_bare(name, every)) for name in columns]
    found = tuple(place for place in places if place is not None)
    return found if len(found) == len(columns) else ()


def _bare(name: str, names: tuple[str, ...]) -> str:
    """Give a name without what all have in common at both ends, its letters and digits in lower case."""
    same = (
        [len(set(signs)) == 1 for signs in zip(*names, strict=False)],
        [len(set(signs)) == 1 for signs in zip(*(other[::-1] for other in names), strict=False)],
    )
    start, end = ((*run, False).index(False) if len(names) > 1 else 0 for run in same)
    return "".join(sign for sign in name[start : len(name) - end] if sign.isalnum()).casefold() or name
