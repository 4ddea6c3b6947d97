"""How a source reads, from its first records; nothing is written."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, TypedDict

import polars as pl

from tasks.core.errors import QualityGate
from tasks.core.layout import Layout
from tasks.ingest.batch import Batch
from tasks.ingest.map import Mapper
from tasks.ingest.read import batches
from tasks.ingest.settings import SourceSettings

ROWS = 200
FEW = 10
"""Records that are looked at, at least, where blocks hold fewer."""


class Preview(TypedDict):
    """How a source reads.

    Attributes:
        columns: as the source calls them.
        looked_at: its first records.
        sample: rows in the task's layout.
        labels, bad, dropped: how many records have a label, are bad or left out for a reason.
    """

    columns: list[str]
    looked_at: int
    sample: list[dict[str, Any]]
    labels: dict[str, int]
    bad: dict[str, int]
    bad_examples: list[str]
    dropped: dict[str, int]


def preview(source: str, settings: SourceSettings, base: str, layout: Layout) -> Preview:
    """Read the first block of a source as a run would, or the first ones where blocks are small, such as files of one
    record each.

    Raises:
        CuveeError: the source cannot be reached or mapped, or none of its first records can be used.
    """
    mapper = Mapper(source, settings, layout)
    first = list(_first(batches(settings, base), mapper))
    if not first:
        raise QualityGate("it holds no records: its files are empty, or its query finds nothing")
    mapped = mapper(first)
    bad = mapped.bad.head(3).to_dicts()
    dropped = sum((tally.dropped for tally in mapped.tallies), Counter[str]())
    if mapped.rows.height == 0 and bad:
        raise QualityGate(
            "none of its first records can be used: "
            + "; ".join(f"{row['file']}:{row['line']}: {row['reason']} ({row['detail']})" for row in bad)
        )
    bears = mapped.rows[layout.label].drop_nulls() if layout.label else pl.Series([], dtype=pl.String)
    return {
        "columns": [name for name in first[0].frame.columns if not name.startswith("__")],
        "looked_at": sum(map(_records, first)),
        "sample": mapped.rows.select(layout.names).head(ROWS).to_dicts(),
        "labels": dict(bears.value_counts(sort=True).iter_rows()),
        "bad": dict(mapped.bad.group_by("reason").agg(pl.len()).sort("reason").iter_rows()),
        "bad_examples": [f"{row['file']}:{row['line']}: {row['reason']} ({row['detail']})" for row in bad],
        "dropped": dict(dropped),
    }


def _first(blocks: Iterator[Batch], mapper: Mapper) -> Iterator[Batch]:
    """Give the first blocks that have records, as long as their columns are the same."""
    seen, columns = 0, list[str]()
    for block in blocks:
        if not _records(block):
            continue
        whole = mapper.complete(block)
        if columns and whole.frame.columns != columns:
            return
        yield whole
        seen, columns = seen + _records(whole), whole.frame.columns
        if seen >= FEW:
            return


def _records(batch: Batch) -> int:
    return batch.frame.height + len(batch.bad)
