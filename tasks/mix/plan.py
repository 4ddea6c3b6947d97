"""Which row of which source stands where in the mix: index arrays, before any bytes. No files, no clock, no Prefect."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Plan:
    """The order of the mix.

    Attributes:
        source: index into the list of sources, uint16, shape (rows of the mix,).
        row: row number within that source, uint32, same shape.
    """

    source: NDArray[np.uint16]
    row: NDArray[np.uint32]


def generator(seed: int, name: str) -> np.random.Generator:
    """Give the random numbers that belong to `name`: the same whatever else is drawn, on every machine."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:16]))


def draw_rows(size: int, count: int, rng: np.random.Generator) -> NDArray[np.uint32]:
    """Draw `count` of `size` rows: full copies, each in its own order, then some of one more without replacement.

    No row is drawn more than ceil(count / size) times, none less than floor(count / size) times.
    """
    copies = -(-count // size) if size else 0
    drawn = np.empty(copies * size, dtype=np.uint32)
    for copy in range(copies):
        drawn[copy * size : (copy + 1) * size] = rng.permutation(size)
    return drawn[:count]


def draw_tokens(tokens: NDArray[np.uint32], quota: float, rng: np.random.Generator) -> NDArray[np.uint32]:
    """Draw rows as `draw_rows` does, until their tokens come nearest to `quota`: off by half the last row at most."""
    total = int(tokens.sum(dtype=np.int64))
    copies = int(quota // total) + 1
    drawn = draw_rows(len(tokens), copies * len(tokens), rng)
    reached = np.cumsum(tokens[drawn], dtype=np.int64)
    end = int(np.searchsorted(reached, quota))
    before = reached[end - 1] if end else 0
    nearer = end < len(reached) and abs(int(reached[end]) - quota) <= abs(int(before) - quota)
    return drawn[: end + int(nearer)]


def interleave(drawn: Mapping[str, NDArray[np.uint32]], order: Sequence[str], seed: int) -> Plan:
    """Spread every source evenly over the mix.

    Row j (from 0) of the m_i rows of source i gets the position (j + u_i) / m_i, with one random phase u_i in [0, 1) for each
    source; the mix is the rows by position. A source has in any stretch of the mix between positions a and b
    (b - a) · m_i rows, off by less than 1; so with K sources, a window of L rows of the mix holds L · w_i rows of source i,
    off by less than 1 + w_i · K.

    Args:
        drawn: row numbers by source.
        order: the sources in the recipe's order; the plan's `source` counts in it.
    """
    names = [name for name in order if len(drawn[name])]
    phases = {name: generator(seed, f"phase/{name}").random() for name in names}
    position = np.concatenate([(np.arange(len(drawn[name])) + phases[name]) / len(drawn[name]) for name in names])
    source = np.concatenate([np.full(len(drawn[name]), order.index(name), dtype=np.uint16) for name in names])
    row = np.concatenate([drawn[name] for name in names])
    by_position = np.lexsort((source, position))
    return Plan(source[by_position], row[by_position].astype(np.uint32))
