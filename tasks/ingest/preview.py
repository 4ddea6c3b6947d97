"""How a source reads, from its first records; nothing is written."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from tasks.errors import QualityGate
from tasks.ingest.map import Mapper
from tasks.ingest.read import batches
from tasks.ingest.settings import SourceSettings

ROWS = 200


def preview(source: str, settings: SourceSettings, base: str, labels: Sequence[str]) -> dict[str, Any]:
    """Read the first block of a source as a run would.

    Raises:
        CuveeError: the source cannot be reached or mapped, or none of its first records can be used.
    """
    mapper = Mapper(source, settings, labels)
    batch = next((block for block in batches(settings, base) if block.frame.height or block.bad), None)
    if batch is None:
        raise QualityGate("it holds no records: its files are empty")
    mapped = mapper([mapper.complete(batch)])
    bad = mapped.bad.head(3).to_dicts()
    dropped = mapped.tallies[0].dropped
    if mapped.rows.height == 0 and bad:
        raise QualityGate(
            "none of its first records can be used: " + "; ".join(f"{row['file']}:{row['line']}: {row['reason']} ({row['detail']})" for row in bad)
        )
    return {
        "columns": [name for name in batch.frame.columns if not name.startswith("__")],
        "looked_at": batch.frame.height + len(batch.bad),
        "sample": mapped.rows.select("text", "label").head(ROWS).to_dicts(),
        "labels": dict(mapped.rows["label"].drop_nulls().value_counts(sort=True).iter_rows()),
        "bad": dict(mapped.bad.group_by("reason").agg(pl.len()).sort("reason").iter_rows()),
        "bad_examples": [f"{row['file']}:{row['line']}: {row['reason']} ({row['detail']})" for row in bad],
        "dropped": dict(dropped),
    }
