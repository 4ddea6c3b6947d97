"""Near duplicates of several Parquet files: two passes over their texts, with band keys and candidates' shingles on
disk in between.

1. Every text becomes shingles, a MinHash signature and band keys, which are spilled (8 bytes a row and band).
2. Rows that share a band are candidates; only their texts are read again, and their sets of shingles are spilled.
3. Pairs of candidates are verified exactly, and survivors chosen.

Memory grows with the rows that have a candidate (some 300 bytes each; their shingles are mapped from disk), not with
the corpus.
"""

from collections.abc import Collection, Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from tasks.core.parallel import in_order
from tasks.rows.layout import RowFile
from tasks.rows.reading import batches, rows_of, texts_at
from tasks.similarity.candidates import Groups, groups, spill
from tasks.similarity.settings import NearSettings
from tasks.similarity.settle import Settled, settle
from tasks.similarity.shingles import Flags, Places, shingle
from tasks.similarity.sketch import Family, Keys, band_keys
from tasks.similarity.verify import Pairs, Sets, Shares, jaccard
from tasks.text.words import with_signs_as_words

DROPPED = {
    "source": pl.String,
    "row": pl.Int64,
    "survivor_source": pl.String,
    "survivor_row": pl.Int64,
    "jaccard": pl.Float64,
}


class NearDuplicates(NamedTuple):
    """What was found.

    Attributes:
        dropped: one line per near duplicate: source, row (number in the source's file), survivor_source, survivor_row,
            jaccard of the two (>= the threshold); in the order of sources and rows.
        facts: rows, candidates, verified (pairs compared), dropped, clusters (survivors with near duplicates),
            unsettled (rows that stay because their group was too large to settle), bands, height.
    """

    dropped: pl.DataFrame
    facts: dict[str, int]


def find_near_duplicates(
    sources: Mapping[str, RowFile],
    settings: NearSettings,
    scratch: Path,
    *,
    seed: int = 0,
    protected: Collection[str] = (),
    only_protected: bool = False,
) -> NearDuplicates:
    """Say which rows nearly repeat another one, within and across sources.

    Of two near duplicates the one of the earlier source survives; inside a source the earlier row.

    Args:
        sources: name -> file, the best source first.
        settings: threshold and shingles; pairs that share their words are told apart by their telling signs.
        scratch: a folder of its own for band keys and shingles, 8 bytes * bands a row; what it writes there stays.
        seed: draws the hash functions.
        protected: sources of which no row is dropped (hold-out sets, benchmarks); name them first in `sources`.
        only_protected: whether only rows of protected sources drop others.
    """
    family = Family.drawn(settings.threshold, settings.permutations, seed)
    paths, rows = spill(in_order(lambda texts: _keys(texts, settings.words, family), batches(sources)), scratch)
    sizes = rows_of(sources)
    kept_whole = np.isin(np.arange(len(sizes)), [number for number, name in enumerate(sources) if name in protected])
    band_groups = groups(paths, rows)
    if only_protected:
        band_groups = _mixed(
            band_groups, kept_whole[np.searchsorted(np.cumsum(sizes), band_groups.members, side="right")]
        )
    candidates, places = np.unique(band_groups.members, return_inverse=True)
    told_apart = map(with_signs_as_words, texts_at(sources, candidates))
    blocks = in_order(lambda texts: list(shingle(texts, settings.words)), told_apart)
    sets = Sets.written(chain.from_iterable(blocks), scratch / "sets.u64")

    source = np.searchsorted(np.cumsum(sizes), candidates, side="right")
    best_first = np.lexsort((candidates, source))
    rank = np.argsort(best_first)
    droppable = ~kept_whole[source[best_first]]
    by_rank = Groups(rank[places], band_groups.sizes)

    def compare(pairs: Pairs) -> Shares:
        if not only_protected:
            return jaccard(sets, best_first[pairs])
        shares, counts = np.zeros(len(pairs)), ~droppable[pairs[:, 0]]
        shares[counts] = jaccard(sets, best_first[pairs[counts]])
        return shares

    settled = settle(by_rank, compare, settings.threshold, droppable)
    dropped = _named(
        settled, source[best_first], (candidates - (np.cumsum(sizes) - sizes)[source])[best_first], list(sources)
    )
    facts = {"rows": rows, "candidates": len(candidates), "verified": settled.verified, "dropped": len(dropped)}
    facts |= {
        "clusters": len(np.unique(settled.survivors)),
        "unsettled": settled.unsettled,
        "bands": family.bands,
        "height": family.height,
    }
    return NearDuplicates(dropped, facts)


def _keys(texts: pl.Series, words: int, family: Family) -> Keys:
    return np.concatenate(
        [np.empty((family.bands, 0), np.uint64), *(band_keys(block, family) for block in shingle(texts, words))], axis=1
    )


def _mixed(band_groups: Groups, kept_whole: Flags) -> Groups:
    """Keep the groups that have rows of protected and of other sources."""
    if not len(band_groups.sizes):
        return band_groups
    starts = np.cumsum(band_groups.sizes) - band_groups.sizes
    both = np.logical_or.reduceat(kept_whole, starts) & ~np.logical_and.reduceat(kept_whole, starts)
    return Groups(band_groups.members[np.repeat(both, band_groups.sizes)], band_groups.sizes[both])


def _named(settled: Settled, source: Places, row: Places, names: list[str]) -> pl.DataFrame:
    """Tell the ranks of a result as sources and rows."""
    order = np.lexsort((row[settled.dropped], source[settled.dropped]))
    gone, stays = settled.dropped[order], settled.survivors[order]
    name = pl.Series(names, dtype=pl.String)
    columns = [name.gather(source[gone]), row[gone], name.gather(source[stays]), row[stays], settled.jaccard[order]]
    return pl.DataFrame(dict(zip(DROPPED, columns, strict=True)), schema=DROPPED)
