"""What is under way is noted in the store, so that one that cannot say how it ended is found by the next.

After `kill -9`, or when the memory is gone, nobody is left to tell Prefect, which would call the flow run `Running` for
ever: the next flow on the same store and server does.
"""

import contextlib
import threading
import time
from collections.abc import Generator
from uuid import UUID

import httpx
import psutil
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run

from flows.engine.home import named_server, without_password
from flows.engine.interrupt import STOPPED, ending
from flows.engine.killed import KILLED, as_killed, this_machine, was_killed
from flows.engine.unfinished import tell
from tasks.core.errors import CuveeError
from tasks.core.unseen import unseen
from tasks.store.runs import RunStart
from tasks.store.storage import Store
from tasks.store.unfinished import Kind, Unfinished, list_running, note_ended, note_running

BEAT = 60.0
"""Seconds between two notes of one under way."""


@contextlib.contextmanager
def noted(store: Store, start: RunStart, kind: Kind) -> Generator[None]:
    """Have the store know of a flow run as long as the block takes, and how it ended if it leaves no record.

    Those that were killed before are told of first, to the store and to Prefect.
    """
    settle_killed(store)
    me, began = psutil.Process(), time.monotonic()
    note = Unfinished(
        **dict(start),
        kind=kind,
        flow_run_id=str(flow_run.id),
        server=_server(),
        machine=this_machine(),
        pid=me.pid,
        born=me.create_time(),
        seen=time.time(),
    )
    note_running(store, note)
    how: dict[str, str] = {}
    try:
        with _beating(store, note):
            yield
    except Exception as error:
        how = {"status": "failed", "error": unseen(str(error) or type(error).__name__)}
        raise
    except BaseException:
        how = how_it_ends()
        raise
    finally:
        ended = note.model_copy(update=how | {"seconds": round(time.monotonic() - began, 1)})
        with contextlib.suppress(CuveeError):  # what ended the run matters more
            note_ended(store, ended)


def how_it_ends() -> dict[str, str]:
    """Say why a flow run ends before its end: it was interrupted, or lost Prefect's server."""
    how = ending()
    lost = how is not None and how.why != STOPPED
    return {"error": how.why if how and lost else STOPPED, "status": "failed" if lost else "interrupted"}


def settle_killed(store: Store) -> None:
    """Tell Prefect of flow runs whose process is gone, and note that they ended.

    The note of one of another lasting server stays, for a flow that uses that server.
    """
    for note in list_running(store):
        if was_killed(note) and _told(note):
            note_ended(store, as_killed(note))


@contextlib.contextmanager
def _beating(store: Store, note: Unfinished) -> Generator[None]:
    """Say again and again that it is under way."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT):
            with contextlib.suppress(CuveeError):
                note_running(store, note.model_copy(update={"seen": time.time()}))

    beater = threading.Thread(target=beat, daemon=True)
    beater.start()
    try:
        yield
    finally:
        over.set()
        beater.join()


def _told(note: Unfinished) -> bool:
    """Tell Prefect that a flow run was killed; says whether nothing more is to be told."""
    try:
        tell(UUID(note.flow_run_id), KILLED)
    except ObjectNotFound:
        return note.server in ("", _server())  # of a temporary server with another home, or forgotten
    except httpx.HTTPError:
        return False
    return True


def _server() -> str:
    return without_password(named_server() or "")
