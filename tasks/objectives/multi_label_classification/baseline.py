"""What a classifier with several labels must beat: always giving one set of labels, that which reaches the largest
micro-F1 on the training mix, and on the rows of a source that which does on its own.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from tasks.text.hashing import Floats


class Frequencies(NamedTuple):
    """How often labels stand in some rows.

    Attributes:
        rows: how many there are.
        counts: rows of each label, shape (labels,).
    """

    rows: int
    counts: Floats

    @property
    def chances(self) -> Floats:
        """Give the probability of each label, one row with it and one without added (Laplace's rule)."""
        return (self.counts + 1) / (self.rows + 2)


def frequencies(train: Sequence[Path], labels: Sequence[str]) -> dict[str, Frequencies]:
    """Count the labels in the rows of each source that stands in the mix."""
    scanned = pl.scan_parquet(list(train)).select("source", "labels")
    rows = dict(scanned.group_by("source").len().sort("source").collect().iter_rows())
    each = scanned.explode("labels").drop_nulls().group_by("source", "labels").len().collect()
    known: Mapping[tuple[str, str], int] = {(source, label): count for source, label, count in each.iter_rows()}
    return {
        source: Frequencies(count, np.array([known.get((source, label), 0) for label in labels], float))
        for source, count in rows.items()
    }


def together(each: Mapping[str, Frequencies]) -> Frequencies:
    """Give the frequencies in all sources."""
    return Frequencies(sum(own.rows for own in each.values()), np.sum([own.counts for own in each.values()], axis=0))


def best_set(held: Frequencies) -> Floats:
    """Give the set of labels whose micro-F1 is largest, as 0 and 1, shape (labels,).

    Of k labels the k commonest are best: F1 = 2 Σ rows of them / (k rows + Σ rows of all). Of equal ones the first.
    """
    order = np.argsort(-held.counts, kind="stable")
    right = np.cumsum(held.counts[order])
    best = int(np.argmax(2 * right / (held.rows * np.arange(1, len(order) + 1) + held.counts.sum())))
    chosen = np.zeros(len(order))
    chosen[order[: best + 1]] = 1
    return chosen
