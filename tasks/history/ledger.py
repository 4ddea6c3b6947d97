"""How often each source's rows have been trained on, over all runs of a recipe."""

from collections.abc import Iterable
from typing import Any

from tasks.runs import RunRecord


def ledger(records: Iterable[RunRecord]) -> dict[str, dict[str, Any]]:
    """Sum up trainings by source: runs, rows seen (repeats and the trainer's epochs counted), and epochs over the source.

    A run counts when it trained; one whose model came from the cache saw no row again.

    Args:
        records: of one recipe's runs.
    """
    found: dict[str, dict[str, Any]] = {}
    for record in records:
        if not any(note.name == "train-model" and note.state == "run" for note in record.tasks):
            continue
        for row in record.receipt:
            if row.rows:
                entry = found.setdefault(row.source, {"runs": 0, "rows_seen": 0, "epochs": 0.0})
                entry["runs"] += 1
                entry["rows_seen"] += round(row.epochs * row.available)
                entry["epochs"] = round(entry["epochs"] + row.epochs, 4)
    return found
