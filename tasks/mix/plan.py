"""Which row of which source stands where in the mix: index arrays, before any bytes. No clock, no Prefect."""

import hashlib
import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Plan:
    """The order of the mix; 6 bytes a row.

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
    """Draw `count` of `size` rows: full copies, each in a fresh order, then some of one more without replacement.

    No row is drawn more than ceil(count / size) times, none less than floor(count / size) times. Of 0 rows only 0 can
    be drawn.
    """
    drawn = np.empty(count, dtype=np.uint32)
    for start in range(0, count, size or 1):
        drawn[start : start + size] = rng.permutation(size)[: count - start]
    return drawn


def draw_tokens(tokens: NDArray[np.uint32], quota: float, most: float, rng: np.random.Generator) -> NDArray[np.uint32]:
    """Draw rows as `draw_rows` does, until their tokens come nearest to `quota`: off by less than one row.

    Off by at most half of the row that would be next, or by less than that row where half of it would pass `most`.

    Args:
        tokens: of every row; not all 0.
        quota: tokens wanted.
        most: tokens not to be passed; ≥ quota.
    """
    copies, left = divmod(quota, float(tokens.sum(dtype=np.int64)))
    start = int(copies) * len(tokens)
    drawn = draw_rows(len(tokens), start + len(tokens), rng)
    reached = np.cumsum(tokens[drawn[start:]], dtype=np.int64)
    end = int(np.searchsorted(reached, left))
    before, after = int(reached[end - 1]) if end else 0, int(reached[end])
    nearer = after - left < left - before and quota - left + after <= most
    return drawn[: start + end + int(nearer)]


def interleave(drawn: Sequence[NDArray[np.uint32]]) -> Plan:
    """Put the rows drawn from every source into one order, each source spread evenly (`spread`).

    Args:
        drawn: row numbers by source, in the recipe's order; each source's rows keep their order.
    """
    source = spread([len(rows) for rows in drawn])
    row = np.empty(len(source), dtype=np.uint32)
    for number, rows in enumerate(drawn):
        if len(rows):
            row[source == number] = rows
    return Plan(source, row)


def joined(plans: Sequence[Plan]) -> Plan:
    """Put plans one after the other."""
    return Plan(np.concatenate([plan.source for plan in plans]), np.concatenate([plan.row for plan in plans]))


def spread(counts: Sequence[int]) -> NDArray[np.uint16]:
    """Say whose row stands at each place of the mix, so that every stretch holds each source by its weight.

    The two smallest parts are merged into one, then the two smallest of what there is, until one part is left (the tree
    of Huffman). A part of a rows is merged with one of b ≥ a so that the first L of their n = a + b rows hold f(L) =
    floor((L·a + floor(n/2)) / n) of it: at most 1/2 off L·a/n; and a window of L rows holds floor or ceil of L·a/n,
    less than 1 off.

    Bound. Source i with m_i rows lies in the parts v of sizes m_i = s_0 ≤ s_1 ≤ …, up to the one below the whole. By
    how much a window is off in part v is less than 1 plus s_v / s_(v+1) of what it is off in the part around v. So with
    w_i = m_i / Σ m_j

        |rows of i in a window of L rows − L·w_i| < Σ_v m_i / s_v ≤ min(K − 1, 3.36) for K > 1 sources, 0 for one,

    and half of that for the first L rows. There are at most K − 1 such parts. When parts v and its sibling are merged
    they are the smallest, so the next sibling is no smaller than v: s_(k+2) ≥ s_(k+1) + s_k. The s_v / m_i grow at
    least as Fibonacci's numbers 1, 1, 2, 3, 5, …, whose reciprocals sum to 3.3599.

    Args:
        counts: rows of every source; their sum below 2^31.

    Returns:
        Index of the source, uint16, shape (sum of counts,).
    """
    parts = [(count, number, np.full(count, number, dtype=np.uint16)) for number, count in enumerate(counts) if count]
    if not parts:
        return np.empty(0, dtype=np.uint16)
    heapq.heapify(parts)
    while len(parts) > 1:
        fewer, number, small = heapq.heappop(parts)
        more, other, large = heapq.heappop(parts)
        heapq.heappush(parts, (fewer + more, min(number, other), _merge(small, large)))
    return parts[0][2]


def _merge(small: NDArray[np.uint16], large: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Put row j of the smaller part where f of `spread` reaches j + 1: at place ceil(((j + 1)·n − floor(n/2)) / a) −
    1.
    """
    count, both = len(small), len(small) + len(large)
    places = np.arange(1, count + 1, dtype=np.int64)
    places *= both
    places -= both // 2 + 1
    places //= count
    merged = np.empty(both, dtype=np.uint16)
    rest = np.ones(both, dtype=bool)
    rest[places] = False
    merged[places] = small
    merged[rest] = large
    return merged


def save_plan(plan: Plan, path: Path) -> None:
    """Write a plan as an `.npz` file, uncompressed; the same plan gives the same bytes."""
    with path.open("wb") as file:
        np.savez(file, source=plan.source, row=plan.row)


def load_plan(path: Path) -> Plan:
    """Read a plan that `save_plan` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Plan(arrays["source"], arrays["row"])
