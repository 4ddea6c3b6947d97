"""The mix drawn anew from the pool, for a later epoch of training: other rows, the same shares."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.mix.plan import Plan, generator, interleave

Rows = NDArray[np.uint32]


def redrawn(plan: Plan, tokens: Sequence[NDArray[np.uint32]], unit: str, seed: int, epoch: int) -> Plan:
    """Draw the rows of a later epoch.

    Each source gives as many rows as in the plan, or, where weights are shares of tokens, rows with as many tokens: at
    most so many, and less than a row fewer. In an epoch no row stands more often than ceil(rows / size of the source)
    times; those come first that the epochs before have seen least.

    Args:
        plan: of the first epoch.
        tokens: of every row that may be trained on, by source, as the plan counts them.
        epoch: which one, from 1; the mix itself is epoch 0.
    """
    drawn = list[Rows]()
    for number, sizes in enumerate(tokens):
        first = plan.row[plan.source == number]
        seen, rows = np.bincount(first, minlength=len(sizes)), first
        for turn in range(1, epoch + 1):
            rng = generator(seed, f"{number}/epoch {turn}")
            rows = _draw(sizes, first, seen, unit, rng)
            seen += np.bincount(rows, minlength=len(sizes))
        drawn.append(rows)
    return interleave(drawn)


def _draw(
    tokens: NDArray[np.uint32], first: Rows, seen: NDArray[np.int64], unit: str, rng: np.random.Generator
) -> Rows:
    if not len(first):
        return first
    order = rng.permutation(len(tokens)).astype(np.uint32)
    order = order[np.argsort(seen[order], kind="stable")]
    if unit == "rows":
        copies, rest = divmod(len(first), len(tokens))
    else:
        copies, left = divmod(int(tokens[first].sum(dtype=np.int64)), int(tokens.sum(dtype=np.int64)))
        rest = int(np.searchsorted(np.cumsum(tokens[order], dtype=np.int64), left, side="right"))
    if not copies and not rest:
        return order[[int(tokens[order].argmin())]]  # less than the next row: the shortest one
    return rng.permutation(np.concatenate([*[order] * copies, order[:rest]]))
