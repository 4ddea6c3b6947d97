"""Who survives. The rule, told for one row after the other, the best first: a row stays unless a better row that stays
is a verified near duplicate of it.

So every dropped row has a survivor whose Jaccard reaches the threshold, and no two rows that stay were found to be near
duplicates. Whole connected clusters are not merged: where A~B and B~C but not A~C, C stays, for nothing that stays
resembles it enough.

The same is worked out in rounds, many rows at once: a row that is the best undecided one in all of its groups stays; it
    is compared with the undecided others there, and those that match are dropped.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tasks.similarity.candidates import Groups
from tasks.similarity.shingles import Flags, Places, edges
from tasks.similarity.verify import Pairs, Shares

ROUNDS = 200
"""Where groups need more (hundreds of texts of one template, none similar enough), the rest of their rows stays,
compared with the first 200 only."""


class Settled(NamedTuple):
    """The rows that go.

    Attributes:
        dropped, survivors: numbers of rows, pair by pair, by `dropped` ascending.
        jaccard: of each such pair.
        verified: pairs compared.
        unsettled: rows that stay though not compared with all of their group, because the rounds were up.
    """

    dropped: Places
    survivors: Places
    jaccard: Shares
    verified: int
    unsettled: int


class _Entries(NamedTuple):
    """One (group, row) a place, groups one after another, the best row of a group first."""

    group: Places
    row: Places


def settle(groups: Groups, compare: Callable[[Pairs], Shares], threshold: float, droppable: Flags) -> Settled:
    """Decide on all rows of the groups.

    Args:
        groups: rows that may be near duplicates; a row's number is its rank, 0 the best.
        compare: pairs of rows -> Jaccard.
        threshold: least Jaccard of a near duplicate.
        droppable: whether a row may go at all, shape (rows,).
    """
    open_rows = np.ones(len(droppable), np.bool_)
    entries = _sorted(groups)
    matches: list[tuple[Pairs, Shares]] = []
    verified = 0
    for _ in range(ROUNDS):
        entries, leads = _leading(entries, open_rows)
        if not len(entries.row):
            break
        pairs = _pairs(entries, leads, droppable)
        shares = compare(pairs)
        verified += len(pairs)
        matched = shares >= threshold
        matches.append((pairs[matched], shares[matched]))
        open_rows[entries.row[leads]] = False
        open_rows[pairs[matched, 1]] = False
    else:
        entries, _ = _leading(entries, open_rows)
    return _settled(matches, verified, len(np.unique(entries.row)))


def _sorted(groups: Groups) -> _Entries:
    group = np.repeat(np.arange(len(groups.sizes)), groups.sizes)
    order = np.lexsort((groups.members, group))
    return _Entries(group[order], groups.members[order])


def _leading(entries: _Entries, open_rows: Flags) -> tuple[_Entries, Flags]:
    """Keep what is undecided and has company; say which places hold the best of a group that is the best of all its
    groups.
    """
    still = open_rows[entries.row]
    group, row = entries.group[still], entries.row[still]
    first, last = edges(group)
    company = ~(first & last)
    group, row, first = group[company], row[company], first[company]
    leads = (
        first & (np.bincount(row, minlength=len(open_rows)) == np.bincount(row[first], minlength=len(open_rows)))[row]
    )
    return _Entries(group, row), leads


def _pairs(entries: _Entries, leads: Flags, droppable: Flags) -> Pairs:
    """Pair every leader with the others of its groups; a pair that several groups have is given once."""
    starts = np.flatnonzero(edges(entries.group)[0])
    sizes = np.diff(np.append(starts, len(entries.group)))
    led = np.repeat(leads[starts], sizes) & ~leads & droppable[entries.row]
    leaders = np.repeat(entries.row[starts], sizes)[led]
    width = len(droppable)
    packed = np.unique(leaders * width + entries.row[led])
    return np.stack([packed // width, packed % width], axis=1)


def _settled(matches: list[tuple[Pairs, Shares]], verified: int, unsettled: int) -> Settled:
    """Give each dropped row the survivor that dropped it; of several at once the most similar one, of equals the better
    one.
    """
    pairs = np.concatenate([np.empty((0, 2), np.int64), *(pairs for pairs, _ in matches)])
    shares = np.concatenate([np.empty(0), *(shares for _, shares in matches)])
    order = np.lexsort((pairs[:, 0], -shares, pairs[:, 1]))
    dropped, firsts = np.unique(pairs[order, 1], return_index=True)
    chosen = order[firsts]
    return Settled(dropped, pairs[chosen, 0], shares[chosen], verified, unsettled)
