"""What is known of runs, comparisons and searches that have left no record of what they found: they are under way, or
something ended them first.

Notes of what is under way lie in `running/`; of what ended, beside the records of its kind.
"""

import contextlib
from typing import Literal

from pydantic import ConfigDict, ValidationError

from tasks.core.errors import CuveeError
from tasks.store.found import KINDS, read_record, record_paths
from tasks.store.runs import RunStart
from tasks.store.storage import Store

Kind = Literal["run", "comparison", "search"]
FOLDERS = {kind: folder for folder, kind in KINDS.items()}
RUNNING, LAST = "running", "unfinished.json"


class Unfinished(RunStart):
    """A run, a comparison or a search without a record of its own."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Kind
    status: Literal["running", "failed", "interrupted"] = "running"
    error: str = ""
    """What stopped it: the whole text, with the remedy."""
    seconds: float | None = None
    """That it took; null where nobody was left to say."""
    flow_run_id: str
    server: str
    """Prefect's API, where it is no temporary one."""
    machine: str
    pid: int
    born: float
    """When its process began, in seconds since 1970: another one may have its number later."""
    seen: float
    """When it was last known to be under way."""

    @property
    def where(self) -> str:
        """Where its note lies in the store while it is under way."""
        return f"{RUNNING}/{self.run}.json"

    @property
    def folder(self) -> str:
        """Where its record belongs."""
        return f"{FOLDERS[self.kind]}/{self.name}/{self.run}"


def note_running(store: Store, note: Unfinished) -> None:
    """Note that something is under way."""
    store.write_json(note.where, note.model_dump(mode="json"))


def has_record(store: Store, note: Unfinished) -> bool:
    """Say whether there is a record of its own by now."""
    return store.exists(f"{note.folder}/{note.kind}.json")


def note_ended(store: Store, note: Unfinished) -> None:
    """Note that it is no longer under way, and how it ended where it has left no record that says so."""
    if note.status != "running" and not has_record(store, note):
        store.write_json(f"{note.folder}/{LAST}", note.model_dump(mode="json"))
    store.remove(note.where)


def list_running(store: Store) -> list[Unfinished]:
    """Read the notes of what is under way, or was when its process was killed; one that is gone or damaged is none."""
    notes: list[Unfinished] = []
    for path in store.list(RUNNING):
        with contextlib.suppress(CuveeError, ValidationError):
            notes.append(Unfinished.model_validate(store.read_json(f"{RUNNING}/{path}")))
    return notes


def list_ended(store: Store, name: str | None = None) -> list[Unfinished]:
    """Read the notes of what ended without a record, of one recipe or of all."""
    paths = [path for folder in KINDS for path in record_paths(store, f"{folder}/{LAST}", name)]
    return [read_record(store, path, Unfinished) for path in paths]
