"""What a trial cost, from its predictions: on the split of the hold-out that weights are selected by, and on the split
that tests them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import xxhash

from tasks.experiments.search.surrogate import Matrix, Vector
from tasks.objectives.measuring import Measured

HALF = 2**63
"""Half of all hashes."""


@dataclass(frozen=True)
class Split:
    """Rows of the hold-out, by source.

    Attributes:
        losses: of every row, in nats, shape (rows,).
        sizes: what every row counts: its tokens, where the loss is a sum over them; else 1.
        right: whether each row was predicted right; empty where nothing is right or wrong.
    """

    losses: Mapping[str, Vector]
    sizes: Mapping[str, Vector]
    right: Mapping[str, Vector]

    def costs(self) -> dict[str, float]:
        """Give the mean loss by source: Σ losses / Σ sizes."""
        return {
            name: float(losses.sum() / self.sizes[name].sum()) for name, losses in self.losses.items() if len(losses)
        }

    def shares_right(self) -> dict[str, float]:
        """Give the share of rows that are right, by source."""
        return {name: float(right.mean()) for name, right in self.right.items() if len(right)}


def read_splits(predictions: Path, measured: Measured, seed: int) -> tuple[Split, Split]:
    """Divide a trial's predictions in the split to select by and the split to test on.

    A row belongs to the first when the 64 bits of XXH3 of its source and id, seeded, are below 2^63: the same rows in
    every trial.
    """
    table = pl.read_parquet(predictions)
    keys = (table["source"] + "\0" + table["row_id"]).to_list()
    chooses = pl.Series([xxhash.xxh3_64_intdigest(key.encode(), seed) < HALF for key in keys], dtype=pl.Boolean)
    return _split_of(table.filter(chooses), measured), _split_of(table.filter(~chooses), measured)


def _split_of(table: pl.DataFrame, measured: Measured) -> Split:
    parts = {
        str(name): rows for (name,), rows in table.sort("source", "row_id").group_by("source", maintain_order=True)
    }
    weighs, right = measured.weighs, dict[str, Vector]()
    if measured.answers:
        truth, answer = measured.answers
        right = {name: (rows[truth] == rows[answer]).to_numpy().astype(float) for name, rows in parts.items()}
    return Split(
        {name: rows["loss"].to_numpy().astype(float) for name, rows in parts.items()},
        {name: rows[weighs].to_numpy().astype(float) if weighs else np.ones(len(rows)) for name, rows in parts.items()},
        right,
    )


def stacked(splits: Sequence[Split], column: str) -> Matrix:
    """Give the losses of one source's rows under several seeds, shape (seeds, rows)."""
    return np.stack([split.losses[column] for split in splits])
