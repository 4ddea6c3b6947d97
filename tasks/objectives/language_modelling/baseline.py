"""What a language model must beat: knowing how frequent each token of the mix is, and nothing else."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tasks.models.causal_lm import Pieces, cut

BLOCK_ROWS = 10_000


def unigram_losses(train: Sequence[Path], tokenizer: Any, max_tokens: int) -> NDArray[np.float64]:
    """Give −log p of every token by its frequency in the training mix, shape (vocabulary,)."""
    counts = sum(
        (_counted(cut(tokenizer, texts, max_tokens), len(tokenizer)) for texts in _blocks(train)),
        np.zeros(len(tokenizer), np.int64),
    )
    return unigram(counts)


def unigram(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give −log p of every token by its frequency, one occurrence added to each (Laplace's rule), shape
    (vocabulary,).
    """
    return -np.log((counts + 1) / (counts.sum() + len(counts)))


def _blocks(files: Sequence[Path]) -> Iterator[list[str]]:
    for file in files:
        with pq.ParquetFile(file) as shard:
            for batch in shard.iter_batches(BLOCK_ROWS, columns=["text"]):
                yield batch["text"].to_pylist()


def _counted(pieces: Pieces, vocabulary: int) -> NDArray[np.int64]:
    return np.bincount(np.concatenate([piece[1:] for piece in pieces.ids]), minlength=vocabulary)
