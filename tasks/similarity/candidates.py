"""Which rows share a band. Band keys lie on disk, one file a band, and are sorted a partition at a time.

In memory stands one partition per thread (up to PARTITION_ROWS keys of 8 bytes, twice), and the groups found: the rows
that have a candidate at all, not the corpus.
"""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tasks.core.parallel import in_order
from tasks.similarity.shingles import Hashes, Places, edges, mixed, ragged
from tasks.similarity.sketch import Keys

PARTITION_ROWS = 8_000_000
"""Keys sorted at once."""
_READ = 1 << 20


class Groups(NamedTuple):
    """Sets of rows that agree in a band.

    Attributes:
        members: row numbers, group after group, ascending inside a group.
        sizes: rows of each group, >= 2.
    """

    members: Places
    sizes: Places


class _Part(NamedTuple):
    path: Path
    rows: int
    number: int
    parts: int


def spill(blocks: Iterable[Keys], folder: Path) -> tuple[list[Path], int]:
    """Append the keys of each band to a file of its own; gives the files and the number of rows."""
    rows, paths = 0, list[Path]()
    with contextlib.ExitStack() as stack:
        files = []
        for keys in blocks:
            if not files:
                paths = [folder / f"band-{band:03d}.u64" for band in range(len(keys))]
                files = [stack.enter_context(path.open("wb")) for path in paths]
            for file, of_band in zip(files, keys, strict=True):
                of_band.tofile(file)
            rows += keys.shape[1]
    return paths, rows


def groups(paths: list[Path], rows: int) -> Groups:
    """Find the groups of all bands; a group that several bands have is given once."""
    parts = max(1, -(-rows // PARTITION_ROWS))
    work = [_Part(path, rows, number, parts) for path in paths for number in range(parts)]
    seen, members, sizes = np.empty(0, np.uint64), list[Places](), list[Places]()
    for band_groups in in_order(_groups_of, work):
        marks = _marks(band_groups)
        new = ~np.isin(marks, seen)
        seen = np.union1d(seen, marks)
        starts = np.cumsum(band_groups.sizes) - band_groups.sizes
        members.append(band_groups.members[ragged(starts[new], band_groups.sizes[new])])
        sizes.append(band_groups.sizes[new])
    empty = np.empty(0, np.int64)
    return Groups(np.concatenate([empty, *members]), np.concatenate([empty, *sizes]))


def _marks(band_groups: Groups) -> Hashes:
    """Give groups of the same rows the same number, others another one."""
    if not len(band_groups.sizes):
        return np.empty(0, np.uint64)
    spread = mixed(band_groups.members.astype(np.uint64) + np.uint64(1))
    return mixed(
        np.add.reduceat(spread, np.cumsum(band_groups.sizes) - band_groups.sizes) + band_groups.sizes.astype(np.uint64)
    )


def _groups_of(part: _Part) -> Groups:
    """Sort (key, row) packed in 64 bits, the key cut to what the row number leaves: a false agreement costs one
    verification.
    """
    bits = np.uint64(part.rows.bit_length())
    packed = np.concatenate([np.empty(0, np.uint64), *_packed(part, bits)])
    packed.sort()
    first, last = edges(packed >> bits)
    chosen = ~(first & last)
    members = (packed[chosen] & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    firsts = np.flatnonzero(first[chosen])
    return Groups(members, np.diff(np.append(firsts, len(members))))


def _packed(part: _Part, bits: np.uint64) -> Iterator[Hashes]:
    with part.path.open("rb") as file:
        for start in range(0, part.rows, _READ):
            keys = np.fromfile(file, np.uint64, _READ)
            rows = np.arange(start, start + len(keys), dtype=np.uint64)
            chosen = keys != 0
            if part.parts > 1:
                chosen &= ((keys >> np.uint64(32)) * np.uint64(part.parts)) >> np.uint64(32) == part.number
            yield ((keys >> bits << bits) | rows)[chosen]
