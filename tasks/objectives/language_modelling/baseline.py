"""What a language model must beat: knowing how frequent each token of the mix is, and nothing else; on the texts of a
source, how frequent it is in the source's own.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tasks.models.causal_lm import Pieces, cut

BLOCK_ROWS = 10_000


def token_counts(train: Sequence[Path], tokenizer: Any, max_tokens: int) -> dict[str, NDArray[np.int64]]:
    """Count every token in the rows of each source that stands in the training mix; source -> shape (vocabulary,)."""
    counts: dict[str, NDArray[np.int64]] = {}
    for source, texts in _blocks(train):
        found = _counted(cut(tokenizer, texts, max_tokens), len(tokenizer))
        counts[source] = counts.get(source, 0) + found
    return counts


def unigram(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give −log p of every token by its frequency, one occurrence added to each (Laplace's rule), shape
    (vocabulary,).
    """
    return -np.log((counts + 1) / (counts.sum() + len(counts)))


def _blocks(files: Sequence[Path]) -> Iterator[tuple[str, list[str]]]:
    for file in files:
        with pq.ParquetFile(file) as shard:
            for batch in shard.iter_batches(BLOCK_ROWS, columns=["source", "text"]):
                rows = pl.DataFrame(pl.from_arrow(batch))
                for (source,), part in rows.group_by("source", maintain_order=True):
                    yield str(source), part["text"].to_list()


def _counted(pieces: Pieces, vocabulary: int) -> NDArray[np.int64]:
    return np.bincount(np.concatenate([piece[1:] for piece in pieces.ids]), minlength=vocabulary)
