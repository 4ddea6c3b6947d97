"""Samples of a fixed size, the same ones for the same seed."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl


def generator(seed: int, *names: str) -> np.random.Generator:
    """Give random numbers of their own to every name."""
    return np.random.default_rng(list(hashlib.sha256("\0".join((str(seed), *names)).encode()).digest()))


def sample_texts(paths: Sequence[Path], rows: int, rng: np.random.Generator) -> pl.Series:
    """Draw up to `rows` texts of Parquet files without repeating a row, in a random order."""
    everything = pl.scan_parquet(list(paths)).select("text")
    total = everything.select(pl.len()).collect().item()
    chosen = rng.choice(total, min(rows, total), replace=False)
    wanted = pl.LazyFrame({"row": np.sort(chosen)}, schema={"row": pl.UInt32})
    found = everything.with_row_index("row").join(wanted, on="row", how="semi").collect(engine="streaming").sort("row")
    return found["text"].gather(rng.permutation(len(found)))
