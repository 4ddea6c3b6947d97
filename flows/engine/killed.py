"""Which runs, comparisons and searches are still under way, and which were killed: by the notes of the store."""

import contextlib
import socket
import time
from pathlib import Path

import psutil

from tasks.store.storage import Store
from tasks.store.unfinished import Unfinished, has_record, list_ended, list_running

SILENT = 300.0
"""Seconds that one on another machine may be silent before it counts as killed."""
CLOCKS = 2.0
"""Seconds by which two readings of when a process began may differ."""
KILLED = (
    "its process was killed, or its machine went down, before it could say more; the same command goes on where it "
    "stopped"
)


def unfinished(store: Store, name: str | None = None) -> list[Unfinished]:
    """Give what has left no record, each as it stands now; of one recipe or of all, newest first."""
    running = [note for note in list_running(store) if name in (None, note.name) and not has_record(store, note)]
    notes = [*list_ended(store, name), *(as_killed(note) if was_killed(note) else note for note in running)]
    return sorted(notes, key=lambda note: note.run, reverse=True)


def as_killed(note: Unfinished) -> Unfinished:
    """Say of one that it was killed."""
    return note.model_copy(update={"status": "interrupted", "error": KILLED})


def was_killed(note: Unfinished) -> bool:
    """Say whether its process is gone: on this machine by looking, elsewhere once it has long been silent."""
    if note.machine != this_machine():
        return time.time() - note.seen > SILENT
    try:
        process = psutil.Process(note.pid)
        return process.status() == psutil.STATUS_ZOMBIE or abs(process.create_time() - note.born) > CLOCKS
    except psutil.NoSuchProcess:
        return True


def this_machine() -> str:
    """Name this machine so that no other one has the name; processes of another container are no processes here."""
    boot, space = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    with contextlib.suppress(OSError):
        return f"{socket.gethostname()} {boot.read_text('ascii').strip()} {space.readlink()}"
    return f"{socket.gethostname()} {psutil.boot_time():.0f}"
