"""In which order training sees the mix: the planned order on the scale of a window, sorted by length inside it."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

WINDOW_BATCHES = 50


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
    """

    def __init__(self, lengths: NDArray[np.int64], batch_size: int, seed: int) -> None:
        self.lengths, self.batch_size, self.seed, self.epoch = lengths, batch_size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of epoch `epoch`, from 0."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        return iter(self.order().tolist())

    def order(self) -> NDArray[np.int64]:
        """Give the row numbers in this epoch's order; every row once."""
        rng = np.random.default_rng([self.seed, self.epoch])
        window = WINDOW_BATCHES * self.batch_size
        rows = np.roll(np.arange(len(self.lengths)), -int(rng.integers(len(self.lengths))) if self.epoch else 0)
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
