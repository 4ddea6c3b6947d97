"""In which order training sees the mix: the planned order on the scale of a window, sorted by length inside it; or in
batches that each hold the sources' shares.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch.utils.data import Sampler

from tasks.train.settings import TrainSettings
from tasks.train.steered import nearest_counts

WINDOW_BATCHES = 50


def planned_order(
    settings: TrainSettings,
    lengths: NDArray[np.int64],
    sources: pl.Series,
    seed: int,
    parts: Sequence[NDArray[np.int64]] = (),
) -> "WindowedLengths":
    """Give the order of the examples where no weights change while training.

    Args:
        lengths: tokens of every example, shape (examples,).
        sources: of every example.
        parts: see `WindowedLengths`.
    """
    if settings.batches == "alike":
        return WindowedLengths(lengths, settings.batch_size, seed, parts)
    numbers = np.unique(sources.to_numpy(), return_inverse=True)[1]
    return ExactShares(lengths, settings.batch_size, seed, numbers, parts)


def interleaved(made: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    """Give an order in which rows that were made from the mix's own stand anywhere among these, which keep theirs.

    Args:
        made: of every row, whether it was made.
    """
    own = len(made) - int(made.sum())
    places = np.empty(len(made))
    places[~made] = np.arange(own)
    places[made] = np.random.default_rng([seed, own]).uniform(0, own, len(made) - own)
    return np.argsort(places, kind="stable")


class WindowedLengths(Sampler[int]):
    """Goes through the mix window by window; batches within a window hold rows of like length, so little is padded.

    The mix is planned so that every window has each source's share; plain sorting by length would undo that.
    Each epoch has windows with other borders and batches in another order, all by `seed`.

    Args:
        lengths: tokens of every row, shape (rows,).
        batch_size: rows per optimiser step.
        parts: numbers of the rows of each epoch, where epochs have rows of their own; each has as many as the smallest.
    """

    def __init__(
        self,
        lengths: NDArray[np.int64],
        batch_size: int,
        seed: int,
        parts: Sequence[NDArray[np.int64]] = (),
    ) -> None:
        self.lengths, self.batch_size, self.seed, self.epoch = lengths, batch_size, seed, 0
        self.parts = parts or [np.arange(len(lengths))]
        self.size = min(map(len, self.parts))

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of epoch `epoch`, from 0."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[int]:
        return iter(self.order().tolist())

    def order(self) -> NDArray[np.int64]:
        """Give the numbers of this epoch's rows in order; every one once, but for those that no other epoch has room
        for.
        """
        rows = self.parts[min(self.epoch, len(self.parts) - 1)]
        return self._ordered(rows, np.random.default_rng([self.seed, self.epoch]))[: self.size]

    def _rolled(self, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        return np.roll(rows, -int(rng.integers(max(len(rows), 1))) if self.epoch else 0)

    def _ordered(self, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        window = WINDOW_BATCHES * self.batch_size
        rows = self._rolled(rows, rng)
        return np.concatenate(
            [self._window(rows[start : start + window], rng) for start in range(0, len(rows), window)]
        )

    def _window(self, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        rows = rows[np.argsort(self.lengths[rows], kind="stable")]
        cut = np.arange(self.batch_size, len(rows), self.batch_size)
        batches = np.split(rows, cut)
        full, rest = batches[: len(rows) // self.batch_size], batches[len(rows) // self.batch_size :]
        shuffled = [full[number] for number in rng.permutation(len(full))]
        return np.concatenate([*shuffled, *rest])


class ExactShares(WindowedLengths):
    """Goes through the mix in batches of which each holds every source's share of it.

    Source i with m_i of the N examples has after k of them less than one more than k · m_i / N: counts of a batch are
    rounded by largest remainder, and what one gives too much or too little is made up for by the next, so that an epoch
    has every example once. A batch is what an optimiser step takes, by how many processes and in how many parts ever.

    Each source keeps its planned order on the scale of a window. Inside a window the examples of each are sorted by
    length and dealt out, so that those of a batch are alike long in all of them.

    Args:
        source: number of the source of every example, shape (examples,).
    """

    def __init__(
        self,
        lengths: NDArray[np.int64],
        batch_size: int,
        seed: int,
        source: NDArray[np.int64],
        parts: Sequence[NDArray[np.int64]] = (),
    ) -> None:
        super().__init__(lengths, batch_size, seed, parts)
        self.source = source

    def _ordered(self, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        own = [self._rolled(rows[self.source[rows] == number], rng) for number in range(int(self.source.max()) + 1)]
        counts = exact_counts([len(rows) for rows in own], self.batch_size)
        taken, order = np.zeros(len(own), dtype=np.int64), list[NDArray[np.int64]]()
        for start in range(0, len(counts), WINDOW_BATCHES):
            window = counts[start : start + WINDOW_BATCHES]
            upto = taken + window.sum(0)
            here = [rows[one:other] for rows, one, other in zip(own, taken, upto, strict=True)]
            order += self._dealt(here, window, rng)
            taken = upto
        return np.concatenate(order)

    def _dealt(
        self, rows: list[NDArray[np.int64]], counts: NDArray[np.int64], rng: np.random.Generator
    ) -> list[NDArray[np.int64]]:
        """Deal the examples of a window out: the batches, in any order, take of each source the shortest that are
        left.
        """
        ranks = rng.permutation(len(counts))
        parts = list[list[NDArray[np.int64]]]()
        for number, own in enumerate(rows):
            by_length = own[np.argsort(self.lengths[own], kind="stable")]
            parts.append(np.split(by_length, np.cumsum(counts[ranks, number])[:-1]))
        batches = [rng.permutation(np.concatenate(batch)) for batch in zip(*parts, strict=True)]
        return [batches[at] for at in np.argsort(ranks)]


def exact_counts(sizes: list[int], batch_size: int) -> NDArray[np.int64]:
    """Say how many examples of each source stand in each batch, shape (batches, sources); see `ExactShares`."""
    asked, total = np.array(sizes), sum(sizes)
    counts, taken = list[NDArray[np.int64]](), np.zeros(len(sizes), dtype=np.int64)
    for start in range(0, total, batch_size):
        end = min(start + batch_size, total)
        counts.append(nearest_counts(end * asked / total - taken, end - start))
        taken = taken + counts[-1]
    return np.array(counts)
