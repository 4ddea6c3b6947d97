"""What a source went into: the mixes that hold its rows, and the models trained on them."""

from collections.abc import Iterable
from typing import Any

from tasks.store.runs import RunRecord


def made_from(source: str, records: Iterable[RunRecord]) -> list[dict[str, Any]]:
    """List the mixes that hold rows of a source, newest first, each with its models.

    Args:
        records: of all runs, newest first.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for record in records:
        held = next((row for row in record.receipt if row.source == source and row.rows), None)
        if record.mix is None or held is None:
            continue
        entry = found.setdefault(
            (record.name, record.mix.id),
            {
                "recipe": record.name,
                "mix": record.mix.id,
                "uri": record.mix.uri,
                "rows": held.rows,
                "share_rows": held.share_rows,
                "models": [],
                "runs": [],
            },
        )
        entry["runs"].append(record.run)
        if record.model and record.model.id not in entry["models"]:
            entry["models"].append(record.model.id)
    return list(found.values())


def known_sources(records: Iterable[RunRecord]) -> list[str]:
    """Give the names of all sources that any run knew."""
    return sorted({row.source for record in records for row in record.receipt})
