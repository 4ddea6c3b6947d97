"""What regression must beat: always answering with the median of the training mix, the constant with the least mean
absolute error, and on the rows of a source with the median of its own.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl


def median(train: Sequence[Path]) -> float:
    """Give the median of the numbers in the mix."""
    return float(pl.scan_parquet(list(train)).select(pl.col("value").median()).collect().item())


def median_by_source(train: Sequence[Path]) -> dict[str, float]:
    """Give the median of the numbers of each source that stands in the mix."""
    found = pl.scan_parquet(list(train)).group_by("source").agg(pl.col("value").median()).sort("source")
    return dict(found.collect().iter_rows())
