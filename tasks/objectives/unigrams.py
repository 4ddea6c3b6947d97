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

from tasks.core.errors import TrainingFailed
from tasks.text.hashing import Floats

BLOCK_ROWS = 10_000
WORST = 100.0
"""Nats a token; a model that is worse than this learned nothing that could be reported."""
Encode = Callable[[list[Any]], Iterable[Sequence[int]]]
"""Gives the tokens of what rows hold, such as texts."""


class Unigrams(NamedTuple):
    """−log p of every token by its frequency, shape (vocabulary,): in the mix, and in the rows of each source in it."""

    mix: Floats
    by_source: dict[str, Floats]

    def losses(self, wanted: Sequence[Sequence[int]], sources: Sequence[str]) -> tuple[Floats, Floats]:
        """Give −log p of the tokens of every row: by frequency in the mix, and in its rows of the row's source."""
        own = [self.by_source.get(name, self.mix)[ids].sum() for name, ids in zip(sources, wanted, strict=True)]
        return np.array([self.mix[ids].sum() for ids in wanted]), np.array(own)


def refuse_unlearned(loss: Floats, tokens: Floats) -> None:
    """Refuse to score a model of tokens that learned nothing.

    Args:
        loss, tokens: of every row, −log p in nats, and the tokens that this is over.

    Raises:
        TrainingFailed: the losses are no numbers, or beyond any use.
    """
    if not (mean := loss.sum() / tokens.sum()) < WORST:
        raise TrainingFailed(
            f"the model's hold-out loss is {mean:.3g} nats a token. Remedy: a smaller train.learning_rate"
        )


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
