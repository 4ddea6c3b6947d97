"""From texts to hashed word shingles, many texts at once, without a Python object per word.

Words are those of `tasks.text.words`, lower-cased. A shingle is `size` words in a row; a text of fewer words is one
shingle as a whole; a text without any word has none and is nobody's duplicate.

Words are hashed by a polynomial over their UTF-8 bytes modulo 2^64, with a random 64-bit value per byte: sum over i of
V[byte_i] * P^i. All words of a block come from one running sum over its bytes, so the cost is a few passes over the
text. Hashes are the same on every machine. Shingles are told apart by 64 bits: among 10^9 different ones a confusion
has odds of 3 %, inside one pair of texts 10^-14.
"""

import functools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from tasks.rows.reading import Places
from tasks.text.words import spaced_words

Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]

BLOCK_BYTES = 1 << 18
"""Text worked on at once; its arrays then fit in a core's cache."""
BLOCK_TEXTS = 4096
_BASE = 0x9E3779B97F4A7C13
"""P, = 3 modulo 8, so that differences of its powers have few factors of two."""
_STEP = 0xD6E8FEB86659FD93


def _values() -> Hashes:
    """Give every byte its value, 0 to those of no word; upper-case ASCII letters have that of the lower-case ones."""
    folded = [ord(chr(byte).lower()) if byte < 128 else byte for byte in range(256)]
    in_word = [byte >= 128 or chr(byte).isalnum() or byte == ord("_") for byte in range(256)]
    values = np.random.default_rng(0x5EED).integers(1, 1 << 64, size=256, dtype=np.uint64)
    return np.where(in_word, values[folded], np.uint64(0))


VALUE = _values()


class Shingles(NamedTuple):
    """Hashed shingles of some texts, one text after the other; a text may say the same shingle twice.

    Attributes:
        hashes: shape (shingles of all texts,).
        sizes: shingles of each text, shape (texts,).
    """

    hashes: Hashes
    sizes: Places


def mixed(values: Hashes) -> Hashes:
    """Spread 64-bit values evenly (the finaliser of splitmix64); 0 stays 0."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def ragged(starts: Places, sizes: Places) -> Places:
    """Give the positions starts[i] .. starts[i] + sizes[i] - 1 of every i, one after another."""
    before = np.cumsum(sizes) - sizes
    return np.arange(int(sizes.sum())) + np.repeat(starts - before, sizes)


def edges(values: Hashes | Places) -> tuple[Flags, Flags]:
    """Say of every place of an array whether a run of equal values begins there, and whether one ends."""
    first, last = np.ones((2, len(values)), np.bool_)
    first[1:] = values[1:] != values[:-1]
    last[:-1] = first[1:]
    return first, last


def shingle(texts: pl.Series, size: int) -> Iterator[Shingles]:
    """Hash the shingles of `texts`, in order, in blocks of at most BLOCK_BYTES (or one text) and BLOCK_TEXTS; nulls
    count as empty texts.
    """
    data, offsets = _plain_bytes(_spelled(texts))
    start = 0
    while start < len(texts):
        stop = max(start + 1, int(np.searchsorted(offsets, offsets[start] + BLOCK_BYTES, side="right")) - 1)
        stop = min(stop, start + BLOCK_TEXTS, len(texts))
        begin = offsets[start]
        yield _shingle_block(data[begin : offsets[stop]], offsets[start : stop + 1] - begin, size)
        start = stop


def _spelled(texts: pl.Series) -> pl.Series:
    """Write texts with letters beyond ASCII so that every byte from 128 on belongs to a word, as the byte table has
    it.
    """
    texts = texts.fill_null("")
    beyond = texts.str.len_bytes() != texts.str.len_chars()
    if not beyond.any():
        return texts
    return texts.scatter(beyond.arg_true(), spaced_words(texts.filter(beyond)))


def _plain_bytes(texts: pl.Series) -> tuple[Bytes, Places]:
    """Give the UTF-8 bytes of all texts in one array, and where each text starts in it, with the end as last."""
    column = texts.to_arrow().cast("large_string")
    _, offsets, data = column.buffers()
    places = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    return np.frombuffer(data or b"", np.uint8), places


@functools.lru_cache(maxsize=4)
def _powers(bits: int) -> tuple[Hashes, Hashes]:
    """Give P^0 .. P^(2^bits) and their inverses modulo 2^64."""
    table = np.ones((2, (1 << bits) + 1), np.uint64)
    table[0, 1:], table[1, 1:] = _BASE, pow(_BASE, -1, 1 << 64)
    table = np.multiply.accumulate(table, axis=1)
    return table[0], table[1]


def _shingle_block(data: Bytes, offsets: Places, size: int) -> Shingles:
    words, sizes = _hash_words(data, offsets)
    starts = np.cumsum(sizes) - sizes
    padded = np.concatenate([words, np.zeros(size, np.uint64)])
    hashes = words.copy()
    short = np.flatnonzero((sizes > 0) & (sizes < size))
    firsts = starts[short]
    whole = words[firsts]
    for place in range(1, size):
        weight = np.uint64(pow(_STEP, place, 1 << 64))
        hashes += padded[place : place + len(words)] * weight
        whole += np.where(place < sizes[short], padded[firsts + place], np.uint64(0)) * weight
    hashes[firsts] = whole
    counts = np.where(sizes > 0, np.maximum(1, sizes - size + 1), 0)
    return Shingles(mixed(hashes[ragged(starts, counts)]), counts)


def _hash_words(data: Bytes, offsets: Places) -> tuple[Hashes, Places]:
    """Hash every word of a block; gives the hashes and the number of words of each text."""
    values = np.take(VALUE, data)
    inside = values != 0
    firsts = offsets[:-1][offsets[:-1] < len(data)]
    begins = inside.copy()
    begins[1:] &= ~inside[:-1]
    begins[firsts] = inside[firsts]
    ends = np.zeros(len(data) + 1, np.bool_)
    ends[1:] = inside
    ends[1:-1] &= ~inside[1:]
    later = firsts[firsts > 0]
    ends[later] = inside[later - 1]
    start, stop = np.flatnonzero(begins), np.flatnonzero(ends)
    powers, inverses = _powers(max(18, len(data).bit_length()))
    sums = np.zeros(len(data) + 1, np.uint64)
    np.cumsum(values * powers[: len(data)], out=sums[1:])
    hashes = (sums[stop] - sums[start]) * inverses[start]
    return mixed(hashes), np.diff(np.searchsorted(start, offsets))
