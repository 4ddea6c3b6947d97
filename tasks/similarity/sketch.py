"""MinHash signatures, cut into bands: texts that agree in a whole band are candidates.

Signature k of a text is the least of (a_k * h XOR b_k) mod 2^32 over its shingles h, a_k odd and random, so two texts
agree in it with probability J, their Jaccard (Broder 1997), and in one of b bands of r signatures with probability 1 -
(1 - J^r)^b (Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4). Candidates are verified afterwards, so bands
may be short and many: recall is what counts.

Why not rensa's signatures: its digests leave Rust only as lists of Python integers. Measured on texts of 50 shingles,
one thread, 128 permutations: rensa 0.5.0 8.2 us a text (1.5 of it hashing), this module 3.0 us, and its numpy calls let
other threads run.
"""

from typing import Any, NamedTuple, Self

import numpy as np

from tasks.similarity.shingles import Hashes, Shingles, mixed

RECALL = 0.995
"""Wanted probability that two texts exactly at the threshold become candidates; more similar ones have more."""
Keys = np.ndarray[tuple[int, int], np.dtype[np.uint64]]


class Family(NamedTuple):
    """The hash functions of all signatures.

    Attributes:
        bands, height: `bands` bands of `height` signatures each.
        factors, masks: a_k and b_k, shape (bands * height,), 32 bits.
        weights: odd multipliers that make one key of a band's signatures, shape (height,).
    """

    bands: int
    height: int
    factors: np.ndarray[Any, np.dtype[np.uint32]]
    masks: np.ndarray[Any, np.dtype[np.uint32]]
    weights: Hashes

    @classmethod
    def drawn(cls, threshold: float, permutations: int, seed: int) -> Self:
        """Draw the functions for a threshold."""
        bands, height = banding(threshold, permutations)
        rng = np.random.default_rng([seed, 0x6D68])
        numbers = rng.integers(0, 1 << 32, size=(2, bands * height), dtype=np.uint32)
        weights = rng.integers(0, 1 << 63, size=height, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        return cls(bands, height, numbers[0] | np.uint32(1), numbers[1], weights)


def chance(similarity: float, bands: int, height: int) -> float:
    """Give the probability that two texts of this Jaccard agree in at least one band: 1 - (1 - J^r)^b."""
    return 1 - (1 - similarity**height) ** bands


def banding(threshold: float, permutations: int) -> tuple[int, int]:
    """Choose (bands, height): the highest bands, so the fewest false candidates, that still find RECALL of the pairs at
    the threshold.
    """
    fitting = (
        height for height in range(permutations, 1, -1) if chance(threshold, permutations // height, height) >= RECALL
    )
    height = next(fitting, 1)
    return permutations // height, height


def band_keys(shingles: Shingles, family: Family) -> Keys:
    """Give the key of every band of every text, shape (bands, texts); 0 where a text has no shingle."""
    keys = np.zeros((family.bands, len(shingles.sizes)), np.uint64)
    filled = shingles.sizes > 0
    if not filled.any():
        return keys
    hashes = (shingles.hashes >> np.uint64(32)).astype(np.uint32)
    starts = (np.cumsum(shingles.sizes) - shingles.sizes)[filled]
    moved = np.empty_like(hashes)
    least = np.empty(len(starts), np.uint32)
    for band in range(family.bands):
        key = np.full(len(starts), band + 1, np.uint64)
        for place in range(family.height):
            number = band * family.height + place
            np.multiply(hashes, family.factors[number], out=moved)
            np.bitwise_xor(moved, family.masks[number], out=moved)
            np.minimum.reduceat(moved, starts, out=least)
            key += least * family.weights[place]
        keys[band, filled] = mixed(key)
    return keys
