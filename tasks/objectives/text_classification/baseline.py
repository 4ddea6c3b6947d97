"""What a classifier must beat: always answering with the label that is commonest in the training mix, and on the rows
of a source with the one that is commonest in its own.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl


def commonest_by_source(train: Sequence[Path]) -> dict[str, str]:
    """Give the commonest label among the rows of each source that stands in the mix; of several the first by name."""
    counted = pl.scan_parquet(list(train)).group_by("source", "label").len()
    first = counted.sort(["len", "label"], descending=[True, False]).group_by("source", maintain_order=True).first()
    return dict(first.select("source", "label").collect().iter_rows())


def commonest(train: Sequence[Path]) -> str:
    """Give the commonest label; of several the first by name."""
    counted = pl.scan_parquet(list(train)).group_by("label").len().sort(["len", "label"], descending=[True, False])
    return counted.collect()["label"][0]
