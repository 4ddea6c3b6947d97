"""Samples of Parquet rows, the same ones for the same seed."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from tasks.core.errors import NotEnoughData
from tasks.core.rng import generator
from tasks.rows.layout import RowFile

SAMPLE_ROWS = 5_000
"""Most rows looked at of each source."""
FEWEST = 10
"""With fewer rows a target says nothing."""
FEW = 50
"""With fewer rows a target says little, and the log says so."""


def sample(files: Mapping[str, RowFile], seed: int, rows: int = SAMPLE_ROWS) -> dict[str, pl.DataFrame]:
    """Draw up to `rows` rows of every source, in a random order, with their texts and labels."""
    samples: dict[str, pl.DataFrame] = {}
    for name, file in files.items():
        total = file.rows
        rng = generator(seed, "relevance", name)
        chosen = pl.LazyFrame({"at": np.sort(rng.permutation(total)[:rows])}, schema={"at": pl.UInt32})
        numbered = file.scan().with_row_index("at")
        drawn = numbered.join(chosen, on="at", how="semi").collect(engine="streaming").sort("at").drop("at")
        samples[name] = drawn[rng.permutation(len(drawn))]
    return samples


def refuse_tiny(target: str, rows: int) -> list[str]:
    """Say what there is to say of the size of a target that others are compared with.

    Raises:
        NotEnoughData: it has too few rows to compare with.
    """
    if rows < FEWEST:
        raise NotEnoughData(
            f"the target {target!r} has {rows} training rows; {FEWEST} are the fewest that can be compared with",
            rows=rows,
        )
    return (
        [f"the target {target} has only {rows} training rows: what is measured on them is a hint, no proof"]
        if rows < FEW
        else []
    )
