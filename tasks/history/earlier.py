"""The snapshots that sources are compared with: those of the last run that was content with other ones."""

from collections.abc import Sequence

from tasks.manifests.manifest import Manifest
from tasks.manifests.rows import SnapshotFacts
from tasks.store.code import is_code
from tasks.store.runs import RunRecord, TaskNote
from tasks.store.storage import Store

LOOK_BACK = 20
"""Runs of the recipe that are looked at."""


def earlier_snapshots(
    store: Store, records: Sequence[RunRecord], now: Sequence[Manifest[SnapshotFacts]]
) -> dict[str, Manifest[SnapshotFacts]]:
    """Find an earlier snapshot of each source, read with the same settings and of other content.

    A run that failed, or whose checks left the source out, was not content with it: what it saw is nothing to compare
        with.

    Args:
        records: runs of the recipe, newest first.
        now: the sources' present snapshots.
    """
    snapshots = {snapshot.subject: _earlier(store, records, snapshot) for snapshot in now}
    return {name: snapshot for name, snapshot in snapshots.items() if snapshot}


def _earlier(
    store: Store, records: Sequence[RunRecord], now: Manifest[SnapshotFacts]
) -> Manifest[SnapshotFacts] | None:
    for record in records:
        note = next(
            (note for note in record.tasks if (note.name, note.subject) == ("ingest-source", now.subject)), None
        )
        out = record.status != "completed" or any(
            verdict.subject == now.subject and not verdict.factor for verdict in record.verdicts
        )
        if note is None or out or note.fingerprint in ("", now.fingerprint) or _settings(note) != _settings(now):
            continue
        if snapshot := store.lookup(note.stage, note.key, SnapshotFacts):
            return snapshot
    return None


def _settings(read: Manifest[SnapshotFacts] | TaskNote) -> dict[str, str]:
    """Give the parts of a snapshot's key that a recipe sets."""
    return {name: part for name, part in read.parts.items() if name.partition(".")[0] != "seen" and not is_code(name)}
