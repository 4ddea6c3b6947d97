"""Semantic duplicates: rows whose vectors have a cosine of a threshold or more, found by an index of faiss and verified
exactly.

The rule is that of near duplicates: one row after the other, the best first, a row stays unless a better row that stays
has such a cosine with it. Rows are taken by the block. Inside a block every pair is compared; the rows of the block
that stay are then looked up in an index of all rows, and the later rows they find go, once the cosine of the pair has
been worked out again from the vectors themselves. What is decided is not looked up, so a thousand copies of one text
cost one look-up.

Up to EXACT_ROWS rows the index compares everything. Beyond, it is an inverted file (Jégou, Douze, Schmid, "Product
quantization for nearest neighbor search", 2011): vectors are sorted into cells by k-means, and a row is compared with
the PROBES cells nearest to it. In memory stands the index: 2 bytes a dimension and row.
"""

from typing import Any, NamedTuple

import numpy as np

from tasks.core.imports import importing
from tasks.rows.reading import Places
from tasks.similarity.shingles import Flags
from tasks.similarity.verify import Pairs, Shares

EXACT_ROWS = 20_000
PROBES = 12
"""Of 26,909 texts of six sources and their MiniLM vectors, this finds all 113 rows that go at a cosine of 0.95, all 272
at 0.9 and 99.5 % of 1,378 at 0.8."""
BLOCK_ROWS = 1024
BATCH_PAIRS = 1 << 16
MARGIN = 0.002
"""What the index may be wrong by, since it holds 16 bits of a number."""
TRAINED_ON = 48
"""Vectors a cell that k-means is given."""
Embeddings = np.ndarray[tuple[int, int], np.dtype[np.float16]]
"""Vectors, the best row first, shape (rows, dimensions)."""
UnitVectors = np.ndarray[tuple[int, int], np.dtype[np.float32]]


class SemanticDuplicates(NamedTuple):
    """The rows that go.

    Attributes:
        dropped, survivors: numbers of rows, pair by pair, by `dropped` ascending.
        cosine: of each such pair.
        verified: pairs that the search found and whose cosine was then worked out.
        exact: whether every pair was compared.
    """

    dropped: Places
    survivors: Places
    cosine: Shares
    verified: int
    exact: bool


def find_semantic_duplicates(vectors: Embeddings, threshold: float, protected: int, seed: int) -> SemanticDuplicates:
    """Say which rows mean the same as a better one.

    Args:
        vectors: may lie on disk.
        threshold: least cosine of a duplicate.
        protected: so many rows, the first ones, are never dropped.
        seed: draws what k-means is given.
    """
    total = len(vectors)
    survivor, cosine = np.full(total, -1, np.int64), np.zeros(total)
    index = _Index(vectors, seed)
    for start in range(0, total, BLOCK_ROWS):
        stop = min(start + BLOCK_ROWS, total)
        rows = start + np.flatnonzero(survivor[start:stop] < 0)
        block = scale_to_unit(vectors[rows])
        inside = block @ block.T
        inside_pairs = _inside(inside >= threshold, rows >= protected)
        _record_survivors(
            rows[inside_pairs], inside[inside_pairs[:, 0], inside_pairs[:, 1]].astype(np.float64), survivor, cosine
        )
        stays = survivor[rows] < 0
        later = survivor < 0
        later[: max(stop, protected)] = False
        neighbours = index.find(block[stays], threshold - MARGIN, later)
        pairs = np.stack([rows[stays][neighbours[:, 0]], neighbours[:, 1]], axis=1)
        shares = _cosines(vectors, pairs)
        index.verified += len(inside_pairs) + len(pairs)
        _record_survivors(pairs[shares >= threshold], shares[shares >= threshold], survivor, cosine)
    gone = np.flatnonzero(survivor >= 0)
    return SemanticDuplicates(gone, survivor[gone], cosine[gone], index.verified, index.exact)


def scale_to_unit(vectors: Embeddings) -> UnitVectors:
    """Scale vectors to length 1."""
    wide = vectors.astype(np.float32)
    return wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12)


def _inside(alike: np.ndarray[Any, np.dtype[np.bool_]], droppable: Flags) -> Pairs:
    """Settle the rows of a block among themselves; gives pairs (stays, goes)."""
    alike = np.triu(alike, 1) & droppable
    open_rows, pairs = np.ones(len(alike), np.bool_), [np.empty((0, 2), np.int64)]
    for row in np.flatnonzero(alike.any(axis=1)):
        if open_rows[row]:
            goes = np.flatnonzero(alike[row] & open_rows)
            open_rows[goes] = False
            pairs.append(np.stack([np.full(len(goes), row), goes], axis=1))
    return np.concatenate(pairs)


def _record_survivors(pairs: Pairs, shares: Shares, survivor: Places, cosine: Shares) -> None:
    """Note for every row that goes the best of the rows it goes for."""
    order = np.lexsort((pairs[:, 0], pairs[:, 1]))
    gone, firsts = np.unique(pairs[order, 1], return_index=True)
    survivor[gone], cosine[gone] = pairs[order[firsts], 0], shares[order[firsts]]


def _cosines(vectors: Embeddings, pairs: Pairs) -> Shares:
    """Work out the cosine of every pair in 32 bits."""
    cosines = [np.empty(0)]
    for start in range(0, len(pairs), BATCH_PAIRS):
        first, second = (scale_to_unit(vectors[pairs[start : start + BATCH_PAIRS, side]]) for side in (0, 1))
        cosines.append(np.einsum("ij,ij->i", first, second).astype(np.float64))
    return np.concatenate(cosines)


class _Index:
    """Finds vectors near given ones; all of them, or those of the nearest cells.

    Attributes:
        exact: whether it compares with all.
        verified: pairs found and worked out so far.
    """

    def __init__(self, vectors: Embeddings, seed: int) -> None:
        with importing:
            import faiss

        rows, dimensions = vectors.shape
        self.faiss, self.exact, self.verified = faiss, rows <= EXACT_ROWS, 0
        if self.exact:
            self.index: Any = faiss.IndexFlatIP(dimensions)
        else:
            cells = int(4 * np.sqrt(rows))
            quantizer = faiss.IndexFlatIP(dimensions)
            self.index = faiss.IndexIVFScalarQuantizer(
                quantizer, dimensions, cells, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
            )
            self.index.cp.seed = seed + 1
            self.quantizer = quantizer  # faiss does not keep it alive
            sample = np.random.default_rng([seed, 0x5E]).choice(rows, min(rows, TRAINED_ON * cells), replace=False)
            self.index.train(scale_to_unit(vectors[np.sort(sample)]))
        for start in range(0, rows, 1 << 16):
            self.index.add(scale_to_unit(vectors[start : start + (1 << 16)]))

    def find(self, wanted: UnitVectors, least: float, among: Flags) -> Pairs:
        """Give pairs (number of a wanted vector, row of the index) whose inner product is above `least`.

        Args:
            among: which rows of the index count.
        """
        if not len(wanted) or not among.any():
            return np.empty((0, 2), np.int64)
        chosen = self.faiss.IDSelectorBitmap(np.packbits(among, bitorder="little"))
        parameters = (
            self.faiss.SearchParameters(sel=chosen)
            if self.exact
            else self.faiss.SearchParametersIVF(sel=chosen, nprobe=PROBES)
        )
        limits, _, rows = self.index.range_search(wanted, least, params=parameters)
        return np.stack([np.repeat(np.arange(len(wanted)), np.diff(limits.astype(np.int64))), rows], axis=1)
