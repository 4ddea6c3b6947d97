"""Exact Jaccard of pairs of texts, from their sets of shingles, which lie in a file and are looked up where a pair
needs them.

A shingle is 52 bits of its hash here, so that a pair's number fits beside it in 64 bits and one sort counts the shared
ones of 4096 pairs. Two texts of 1000 shingles are one shingle off with odds of 2 * 10^-10.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from tasks.core.parallel import in_order
from tasks.similarity.shingles import BLOCK_TEXTS, Hashes, Places, Shingles, ragged

BATCH_PAIRS = 4096
BATCH_SHINGLES = 1 << 20
_SHIFT = np.uint64(12)
_PLACE = np.uint64(52)

Pairs = np.ndarray[tuple[int, int], np.dtype[np.int64]]
"""Two set numbers a row, shape (pairs, 2)."""
Shares = np.ndarray[tuple[int], np.dtype[np.float64]]


class Sets(NamedTuple):
    """The distinct shingles of some texts.

    Attributes:
        hashes: 52-bit shingles, ascending inside a set, shape (of all sets,); may lie on disk.
        starts, sizes: where each set is, shape (sets,).
    """

    hashes: Hashes
    starts: Places
    sizes: Places

    @classmethod
    def written(cls, blocks: Iterable[Shingles], path: Path) -> Self:
        """Write the sets of `blocks` to a file and map it."""
        sizes = [np.empty(0, np.int64)]
        with path.open("wb") as file:
            for block in blocks:
                distinct, counts = _distinct(block)
                distinct.tofile(file)
                sizes.append(counts)
        size = np.concatenate(sizes)
        hashes = np.memmap(path, np.uint64, "r") if size.any() else np.empty(0, np.uint64)
        return cls(hashes, np.cumsum(size) - size, size)


def _distinct(block: Shingles) -> tuple[Hashes, Places]:
    if len(block.sizes) > BLOCK_TEXTS:
        raise ValueError(f"{len(block.sizes)} texts in a block, at most {BLOCK_TEXTS}")
    texts = np.repeat(np.arange(len(block.sizes), dtype=np.uint64), block.sizes)
    packed = np.unique((block.hashes >> _SHIFT) | (texts << _PLACE))
    counts = np.bincount((packed >> _PLACE).astype(np.int64), minlength=len(block.sizes))
    return packed & ((np.uint64(1) << _PLACE) - np.uint64(1)), counts


def jaccard(sets: Sets, pairs: Pairs) -> Shares:
    """Give |A n B| / |A u B| of every pair; sets must not be empty."""
    done = in_order(lambda batch: _jaccard(sets, batch), _batches(sets, pairs))
    return np.concatenate([np.empty(0), *done])


def _batches(sets: Sets, pairs: Pairs) -> Iterator[Pairs]:
    before = np.concatenate([[0], np.cumsum(sets.sizes[pairs].sum(axis=1))])
    start = 0
    while start < len(pairs):
        stop = int(np.searchsorted(before, before[start] + BATCH_SHINGLES, side="right")) - 1
        stop = min(max(stop, start + 1), start + BATCH_PAIRS)
        yield pairs[start:stop]
        start = stop


def _jaccard(sets: Sets, pairs: Pairs) -> Shares:
    wanted = pairs.ravel()
    sizes = sets.sizes[wanted]
    numbers = np.repeat(np.arange(len(pairs), dtype=np.uint64), sizes.reshape(-1, 2).sum(axis=1))
    packed = sets.hashes[ragged(sets.starts[wanted], sizes)] | (numbers << _PLACE)
    packed.sort()
    twice = packed[1:][packed[1:] == packed[:-1]]
    shared = np.bincount((twice >> _PLACE).astype(np.int64), minlength=len(pairs))
    return shared / (sizes.reshape(-1, 2).sum(axis=1) - shared)
