"""What a model lost on every row kept aside, and the folds by which all of these rows both choose and judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from tasks.experiments.search.surrogate import Matrix, Vector
from tasks.objectives.measuring import Measured

FOLDS = 5


@dataclass(frozen=True)
class RowLosses:
    """Rows of the hold-out, by source.

    Attributes:
        losses: of every row, in nats, shape (rows,).
        sizes: what every row counts: its tokens, where the loss is a sum over them; else 1.
        right: whether each row was predicted right; empty where nothing is right or wrong.
        folds: to which of FOLDS each row belongs.
    """

    losses: Mapping[str, Vector]
    sizes: Mapping[str, Vector]
    right: Mapping[str, Vector]
    folds: Mapping[str, NDArray[np.int64]]

    def costs(self) -> dict[str, float]:
        """Give the mean loss by source: Σ losses / Σ sizes."""
        return {
            name: float(losses.sum() / self.sizes[name].sum()) for name, losses in self.losses.items() if len(losses)
        }

    def by_fold(self) -> dict[str, tuple[tuple[float, float], ...]]:
        """Give of every source Σ losses and Σ sizes of each fold."""
        return {
            name: tuple(
                (float(losses[self.folds[name] == fold].sum()), float(self.sizes[name][self.folds[name] == fold].sum()))
                for fold in range(FOLDS)
            )
            for name, losses in self.losses.items()
            if len(losses)
        }

    def shares_right(self) -> dict[str, float]:
        """Give the share of rows that are right, by source."""
        return {name: float(right.mean()) for name, right in self.right.items() if len(right)}


def read_losses(predictions: Path, measured: Measured, seed: int) -> RowLosses:
    """Read a trial's predictions.

    A source's rows are dealt out to the folds in the order of the 64 bits of XXH3 of source and id, seeded: the same
    rows in every trial, and folds of equal size.
    """
    table = pl.read_parquet(predictions)
    parts = {
        str(name): rows for (name,), rows in table.sort("source", "row_id").group_by("source", maintain_order=True)
    }
    weighs, right = measured.weighs, dict[str, Vector]()
    if measured.answers:
        truth, answer = measured.answers
        right = {name: (rows[truth] == rows[answer]).to_numpy().astype(float) for name, rows in parts.items()}
    return RowLosses(
        {name: rows["loss"].to_numpy().astype(float) for name, rows in parts.items()},
        {name: rows[weighs].to_numpy().astype(float) if weighs else np.ones(len(rows)) for name, rows in parts.items()},
        right,
        {name: _dealt_out(name, rows["row_id"].to_list(), seed) for name, rows in parts.items()},
    )


def _dealt_out(source: str, row_ids: Sequence[str], seed: int) -> NDArray[np.int64]:
    hashes = [xxhash.xxh3_64_intdigest(f"{source}\0{row_id}".encode(), seed) for row_id in row_ids]
    folds = np.empty(len(hashes), np.int64)
    folds[np.argsort(np.array(hashes, np.uint64), kind="stable")] = np.arange(len(hashes)) % FOLDS
    return folds


def crossed(by_fold: Sequence[RowLosses]) -> RowLosses:
    """Put together the rows of each fold as the model made for that fold predicts them.

    Args:
        by_fold: the same rows, predicted by the model of each fold; or by one that is the same for all.
    """
    first = by_fold[0]
    if len(by_fold) == 1:
        return first

    def chosen(of_model: Sequence[Mapping[str, Vector]]) -> dict[str, Vector]:
        return {
            name: np.stack([values[name] for values in of_model])[first.folds[name], np.arange(len(values_of_one))]
            for name, values_of_one in of_model[0].items()
        }

    losses, right = chosen([model.losses for model in by_fold]), chosen([model.right for model in by_fold])
    return RowLosses(losses, first.sizes, right, first.folds)


def stacked(runs: Sequence[RowLosses], column: str) -> Matrix:
    """Give the losses of one source's rows under several seeds, shape (seeds, rows)."""
    return np.stack([run.losses[column] for run in runs])
