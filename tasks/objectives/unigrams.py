"""What models of tokens must beat: knowing how frequent each token of the mix is, and nothing else; on the rows of a
source, how frequent it is in the source's own.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tasks.text.hashing import Floats

BLOCK_ROWS = 10_000
Encode = Callable[[list[Any]], Iterable[Sequence[int]]]
"""Gives the tokens of what rows hold, such as texts."""


class Unigrams(NamedTuple):
    """−log p of every token by its frequency, shape (vocabulary,): in the mix, and in the rows of each source in it."""

    mix: Floats
    by_source: dict[str, Floats]


def unigrams(train: Sequence[Path], role: str, encode: Encode, vocabulary: int) -> Unigrams:
    """Count the tokens of the rows of a mix.

    Args:
        role: the column whose tokens are predicted.
        encode: gives those of them that are.
    """
    counts: dict[str, NDArray[np.int64]] = {}
    for source, held in _blocks(train, role):
        tokens = np.concatenate([np.asarray(ids, np.int64) for ids in encode(held)])
        counts[source] = counts.get(source, 0) + np.bincount(tokens, minlength=vocabulary)
    mix = np.sum(list(counts.values()), axis=0)
    return Unigrams(unigram(mix), {name: unigram(count) for name, count in counts.items()})


def unigram(counts: NDArray[np.int64]) -> Floats:
    """Give −log p of every token by its frequency, one occurrence added to each (Laplace's rule), shape
    (vocabulary,).
    """
    return -np.log((counts + 1) / (counts.sum() + len(counts)))


def _blocks(files: Sequence[Path], role: str) -> Iterator[tuple[str, list[Any]]]:
    for file in files:
        with pq.ParquetFile(file) as shard:
            for batch in shard.iter_batches(BLOCK_ROWS, columns=["source", role]):
                rows = pl.DataFrame(pl.from_arrow(batch))
                for (source,), part in rows.group_by("source", maintain_order=True):
                    yield str(source), part[role].to_list()
