"""The order of the rows when the weights change while training: what has been drawn follows from the path of the
weights alone.

So a checkpoint need only hold that path, and a resumed training draws what the interrupted one would have.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler


class Steered(Sampler[int]):
    """Draws batches whose sources follow the weights in force, each source in passes over its rows, every pass in a
    fresh order.

    Counts are rounded so that what a batch gives too much or too little is made up for by the next: after any number of
    batches under unchanged weights each source is less than one row off for every other source.

    Args:
        rows: row numbers of each source, distinct rows only.
        batch_size: rows per optimiser step.
        batches: per epoch.
    """

    def __init__(self, rows: Sequence[NDArray[np.int64]], batch_size: int, batches: int, seed: int) -> None:
        self.rows, self.batch_size, self.batches, self.seed, self.epoch = rows, batch_size, batches, seed, 0
        self.starts: list[int] = []
        self.path: list[list[float]] = []

    def steer(self, batch: int, weights: Sequence[float]) -> None:
        """Put weights in force from `batch` on, counted from 0 over all epochs; batches never go back."""
        self.starts.append(batch)
        self.path.append(list(weights))

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that is drawn next, from 0."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.batches * self.batch_size

    def __iter__(self) -> Iterator[int]:
        first = self.epoch * self.batches
        for number, (taken, counts) in enumerate(self._counts(first + self.batches)):
            if number >= first:
                drawn = np.concatenate(
                    [self._rows(source, taken[source], count) for source, count in enumerate(counts.tolist())]
                )
                yield from np.random.default_rng([self.seed, number]).permutation(drawn).tolist()

    def drawn(self, batches: int) -> NDArray[np.int64]:
        """Count the rows of each source in the first `batches` batches."""
        return np.sum([counts for _, counts in self._counts(batches)], axis=0)

    def _counts(self, batches: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Go through the batches from the first: rows taken of each source before, and rows taken by it."""
        taken, owed = np.zeros(len(self.rows), dtype=np.int64), np.zeros(len(self.rows))
        for number in range(batches):
            owed += self.batch_size * np.array(self.path[bisect_right(self.starts, number) - 1])
            counts = nearest_counts(owed, self.batch_size)
            yield taken, counts
            owed -= counts
            taken = taken + counts

    def _rows(self, source: int, start: int, count: int) -> NDArray[np.int64]:
        rows, parts = self.rows[source], [self.rows[source][:0]]
        while count:
            turn, place = divmod(start, len(rows))
            order = np.random.default_rng([self.seed, source, turn]).permutation(len(rows))
            parts.append(rows[order[place : place + count]])
            start, count = start + len(parts[-1]), count - len(parts[-1])
        return np.concatenate(parts)


def nearest_counts(owed: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Round amounts to whole numbers ≥ 0 that sum to `total`: down, then one more to the largest rests (or fewer to the
    smallest).
    """
    counts = np.maximum(np.floor(owed), 0).astype(np.int64)
    while counts.sum() < total:
        counts[np.argmax(owed - counts)] += 1
    while counts.sum() > total:
        counts[np.argmin(np.where(counts > 0, owed - counts, np.inf))] -= 1
    return counts
