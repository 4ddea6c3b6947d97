"""How often each source's rows have been trained on, over all runs of a recipe."""

from collections.abc import Iterable, Mapping
from typing import TypedDict

from pydantic import JsonValue

from tasks.manifests.manifest import Manifest
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.pool import PoolFacts
from tasks.store.runs import TRAININGS, RunRecord


class TimesTrained(TypedDict):
    """How often the rows of a source were trained on."""

    runs: int
    rows_seen: int
    epochs: float


def ledger(records: Iterable[RunRecord]) -> dict[str, TimesTrained]:
    """Sum up trainings by source: runs, rows seen (repeats and the trainer's epochs counted), and epochs over the
    source.

    A run counts where it trained; of a training in stages each counts that was not in the cache.

    Args:
        records: of one recipe's runs.
    """
    sources: dict[str, TimesTrained] = {}
    for record in records:
        seen = [row for rows in _trained(record) for row in rows if row.rows]
        for name in dict.fromkeys(row.source for row in seen):
            sources.setdefault(name, {"runs": 0, "rows_seen": 0, "epochs": 0.0})["runs"] += 1
        for row in seen:
            entry = sources[row.source]
            entry["rows_seen"] += round(row.epochs * row.available)
            entry["epochs"] = round(entry["epochs"] + row.epochs, 4)
    return sources


def _trained(record: RunRecord) -> list[tuple[ReceiptRow, ...]]:
    """Give the receipts of what a run trained on, stage by stage; one that came from the cache saw no row again."""
    notes = [note.state == "run" for note in record.tasks if note.name in TRAININGS]
    receipts = [stage.receipt for stage in record.stages] or [record.receipt]
    return [rows for ran, rows in zip(notes, receipts, strict=False) if ran]


def spent(records: Iterable[RunRecord], recipe: Mapping[str, JsonValue], pool: Manifest[PoolFacts]) -> dict[str, float]:
    """Say how often earlier runs have trained on each source, in passes over the rows that it has now.

    A run of this very recipe on this very pool does not count: its model is found again, and nothing is trained on
        anew.

    Args:
        records: of the recipe's runs.
        recipe: as it is published.
        pool: the rows that may be trained on now.
    """
    others = [record for record in records if not (record.recipe == recipe and _planned_from(record, pool.fingerprint))]
    now = {account.source: account.rows for account in pool.accounts}
    return {name: round(entry["rows_seen"] / now[name], 4) for name, entry in ledger(others).items() if now.get(name)}


def _planned_from(record: RunRecord, pool: str) -> bool:
    return any(note.name == "plan-mix" and pool in note.parents for note in record.tasks)
