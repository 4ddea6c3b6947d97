"""Runs of words (n-grams) that training texts share with texts that nothing may be trained on.

The protected texts are few; theirs are the n-grams held in memory, some millions at a time, and the training texts pass
by once for each such part. A training text goes when it shares at least need = max(1, ceil(share * n)) of the n
distinct n-grams of a protected text.

Only the n - need + 1 rarest n-grams of a protected text are looked up: a text that shares `need` of all n shares one of
these, for only need - 1 are left out (prefix filtering; Chaudhuri, Ganti, Kaushik, "A primitive operator for similarity
joins", 2006). So a phrase that thousands of texts have does not make millions of pairs. What is found so is counted
exactly.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Self

import numpy as np
import polars as pl

from tasks.core.parallel import in_order
from tasks.rows.layout import RowFile
from tasks.rows.reading import batches, locate, rows_of
from tasks.similarity.shingles import Flags, Hashes, Places, Shingles, edges, ragged, shingle

PART_NGRAMS = 1 << 24
"""n-grams of protected texts held at once (some 60 bytes each while they are sorted)."""
BATCH_NGRAMS = 1 << 20
SHARED = {"source": pl.String, "row": pl.Int64, "other": pl.String, "other_row": pl.Int64}
_SHIFT = np.uint64(12)
_PLACE = np.uint64(52)


class Overlaps(NamedTuple):
    """Pairs of a training text and a protected one; numbers of texts, ascending."""

    texts: Places
    rows: Places


class Protected(NamedTuple):
    """The n-grams of some protected texts.

    Attributes:
        keys, rows: n-grams to look up, ascending, and whose they are; a text's number is its place among those of this
            part.
        maybe: whether any key begins with these bits, shape (a power of two,).
        need: n-grams that must be shared, by text.
        hashes, starts, sizes: all distinct n-grams of the texts that need more than one, ascending inside a text.
    """

    keys: Hashes
    rows: Places
    maybe: Flags
    need: Places
    hashes: Hashes
    starts: Places
    sizes: Places

    @classmethod
    def of(cls, shingles: Shingles, groups: Places, share: float) -> Self:
        """Prepare n-grams to be looked up.

        Args:
            shingles: n-grams of the texts.
            groups: number of the file that each text stands in; where one n-gram is enough, one text of a file stands
                for all that have it.
            share: least part of a text's n-grams.
        """
        hashes, rows = _distinct(shingles)
        sizes = np.bincount(rows, minlength=len(groups))
        need = np.maximum(1, np.ceil(share * sizes - 1e-9)).astype(np.int64)
        wanted = _rarest(hashes, rows, sizes, need) & ~_repeated(hashes, groups[rows], need[rows] == 1)
        keys = hashes[wanted]
        bits = min(27, max(10, (4 * len(keys)).bit_length()))
        maybe = np.zeros(1 << bits, np.bool_)
        maybe[keys >> np.uint64(64 - bits)] = True
        counted = np.where(need > 1, sizes, 0)
        by_row = np.lexsort((hashes, rows)) if counted.any() else np.empty(0, np.int64)
        by_row = by_row[need[rows[by_row]] > 1]
        return cls(keys, rows[wanted], maybe, need, hashes[by_row], np.cumsum(counted) - counted, counted)


def find_overlaps(
    train: Mapping[str, RowFile], against: Mapping[str, RowFile], words: int, share: float
) -> pl.DataFrame:
    """Find the training rows that share runs of words with protected rows.

    Args:
        train, against: name -> file.
        words: length of a run; a shorter text is one run as a whole.
        share: least part of a protected row's runs; 0 = one run.

    Returns:
        One line for every training row and file of `against` that it touches: source, row, other (the file), other_row
            (the first row of it); in the order of the files and rows.
    """
    ends = np.cumsum(rows_of(against))
    pairs = [np.empty((0, 2), np.int64)]
    for first, protected in _parts(against, words, share, ends):
        start = 0
        for sizes, shared in in_order(lambda texts, part=protected: _of_batch(texts, words, part), batches(train)):
            pairs.append(np.stack([shared.texts + start, shared.rows + first], axis=1))
            start += sizes
    every = np.concatenate(pairs)
    other = np.searchsorted(ends, every[:, 1], side="right")
    order = np.lexsort((every[:, 1], other, every[:, 0]))
    every, other = every[order], other[order]
    once = edges(every[:, 0] * (len(against) + 1) + other)[0] if len(every) else np.empty(0, np.bool_)
    columns = [*locate(train, every[once, 0]), *locate(against, every[once, 1])]
    return pl.DataFrame(dict(zip(SHARED, columns, strict=True)), schema=SHARED)


def _parts(against: Mapping[str, RowFile], words: int, share: float, ends: Places) -> Iterator[tuple[int, Protected]]:
    """Give the protected texts a part at a time, each with the number of its first text."""
    first, number, held, waiting = 0, 0, 0, list[Shingles]()
    for block in (block for texts in batches(against) for block in shingle(texts, words)):
        waiting.append(block)
        held, number = held + len(block.hashes), number + len(block.sizes)
        if held >= PART_NGRAMS or number == ends[-1]:
            together = Shingles(*(np.concatenate(parts) for parts in zip(*waiting, strict=True)))
            yield first, Protected.of(together, np.searchsorted(ends, np.arange(first, number), side="right"), share)
            first, held, waiting = number, 0, []


def _distinct(shingles: Shingles) -> tuple[Hashes, Places]:
    """Give every (n-gram, text) once, by n-gram, then by text."""
    rows = np.repeat(np.arange(len(shingles.sizes)), shingles.sizes)
    order = np.argsort(shingles.hashes, kind="stable")
    hashes, rows = shingles.hashes[order], rows[order]
    new = edges(hashes)[0] | edges(rows)[0]
    return hashes[new], rows[new]


def _rarest(hashes: Hashes, rows: Places, sizes: Places, need: Places) -> Flags:
    """Mark the n - need + 1 n-grams of each text that the fewest texts have."""
    if need.max(initial=1) == 1:
        return np.ones(len(hashes), np.bool_)
    starts = np.flatnonzero(edges(hashes)[0])
    runs = np.diff(np.append(starts, len(hashes)))
    order = np.lexsort((np.repeat(runs, runs), rows))
    places = np.empty(len(hashes), np.int64)
    places[order] = np.arange(len(hashes)) - (np.cumsum(sizes) - sizes)[rows[order]]
    return places <= (sizes - need)[rows]


def _repeated(hashes: Hashes, groups: Places, single: Flags) -> Flags:
    """Mark n-grams that an earlier text of the same file has, among texts of which one n-gram is enough."""
    repeated = np.zeros(len(hashes), np.bool_)
    places = np.flatnonzero(single)
    repeated[places] = ~(edges(hashes[places])[0] | edges(groups[places])[0])
    return repeated


def _of_batch(texts: pl.Series, words: int, protected: Protected) -> tuple[int, Overlaps]:
    """Look a few thousand texts up; gives how many they are, and what they share."""
    blocks, start = [Overlaps(np.empty(0, np.int64), np.empty(0, np.int64))], 0
    for block in shingle(texts, words):
        pairs = overlaps(block, protected)
        blocks.append(Overlaps(pairs.texts + start, pairs.rows))
        start += len(block.sizes)
    return start, Overlaps(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


def overlaps(block: Shingles, protected: Protected) -> Overlaps:
    """Give the pairs of a block's texts (at most 4096) and protected texts that share enough n-grams."""
    shift = np.uint64(65 - len(protected.maybe).bit_length())
    places = np.flatnonzero(protected.maybe[block.hashes >> shift])
    wanted = block.hashes[places]
    low, high = (np.searchsorted(protected.keys, wanted, side=side) for side in ("left", "right"))
    texts = np.repeat(np.searchsorted(np.cumsum(block.sizes), places, side="right"), high - low)
    packed = np.unique(texts * len(protected.need) + protected.rows[ragged(low, high - low)])
    texts, rows = np.divmod(packed, max(1, len(protected.need)))
    several = np.flatnonzero(protected.need[rows] > 1)
    enough = np.ones(len(rows), np.bool_)
    if len(several):
        enough[several] = _shared(block, texts[several], rows[several], protected) >= protected.need[rows[several]]
    return Overlaps(texts[enough], rows[enough])


def _shared(block: Shingles, texts: Places, rows: Places, protected: Protected) -> Places:
    """Count the n-grams that each pair shares, 52 bits of each n-gram beside 12 bits of the text's number."""
    numbers = np.repeat(np.arange(len(block.sizes), dtype=np.uint64), block.sizes)
    have = np.unique((block.hashes >> _SHIFT) | (numbers << _PLACE))
    before = np.concatenate([[0], np.cumsum(protected.sizes[rows])])
    counts, start = [np.empty(0, np.int64)], 0
    while start < len(rows):
        stop = max(start + 1, int(np.searchsorted(before, before[start] + BATCH_NGRAMS, side="right")) - 1)
        chosen, sizes = rows[start:stop], protected.sizes[rows[start:stop]]
        wanted = protected.hashes[ragged(protected.starts[chosen], sizes)] >> _SHIFT
        wanted |= np.repeat(texts[start:stop].astype(np.uint64), sizes) << _PLACE
        there = have[np.minimum(np.searchsorted(have, wanted), len(have) - 1)] == wanted
        counts.append(np.add.reduceat(there.astype(np.int64), np.cumsum(sizes) - sizes))
        start = stop
    return np.concatenate(counts)
