"""Prefect's API answers while a flow runs, or the flow ends with a remedy: the server that PREFECT_API_URL names, or a
temporary one.
"""

import contextlib
import contextvars
import re
import tempfile
import threading
import time
from collections.abc import Callable, Generator

import httpx
from prefect.client.orchestration import get_client
from prefect.events.worker import EventsWorker
from prefect.exceptions import PrefectHTTPStatusError
from prefect.logging.handlers import APILogWorker
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    PREFECT_CLOUD_API_URL,
    PREFECT_HOME,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS,
    get_current_settings,
    temporary_settings,
)

from flows.engine.home import without_password
from flows.engine.interrupt import duty, end, ending
from flows.engine.temporary_server import REMEDY, TemporaryServer, drop_prepared, started
from tasks.core.errors import CuveeError, Unreachable

ASKING = 10.0
"""Seconds that a server may take to say which version it is."""
EVERY, SILENCE = 5.0, 60.0
"""Seconds between two questions to a server that somebody else started, and how long it may leave them unanswered."""
DRAINING = 3.0
"""Seconds that the last log lines and events may take on their way."""


@contextlib.contextmanager
def answering() -> Generator[None]:
    """Have Prefect's API answer as long as the block takes.

    Raises:
        Unreachable: it does not, or no longer.
    """
    if api := PREFECT_API_URL.value():
        drop_prepared()
        refuse_silent(api)
        with _watched(_Silence(api), EVERY):
            try:
                yield
            except CuveeError:
                raise
            except Exception:
                refuse_silent(api)  # what went wrong may be that
                raise
        return
    refuse_home()
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    limit = PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS.value()
    with (
        started(settings, limit) as server,
        duty(server.stop),
        temporary_settings({PREFECT_API_URL: server.api}),
        _watched(lambda: _gone(server), EVERY / 10),
    ):
        try:
            yield
        finally:
            drain()


def refuse_silent(api: str) -> None:
    """Ask a server which version it is.

    Raises:
        Unreachable: there is no Prefect server there.
    """
    shown = without_password(api)
    remedy = "start that server, set PREFECT_API_URL to another, or unset it to use a temporary one"
    if api.startswith(PREFECT_CLOUD_API_URL.value()):
        return
    try:
        if (url := httpx.URL(api)).scheme not in ("http", "https") or not url.host:
            raise httpx.InvalidURL("it begins with no http:// and a host")
        with (
            temporary_settings({PREFECT_API_URL: api, PREFECT_CLIENT_MAX_RETRIES: 0}),
            get_client(httpx_settings={"timeout": ASKING}, sync_client=True) as client,
        ):
            version = client.api_version()
    except httpx.InvalidURL as error:
        raise Unreachable(
            f"PREFECT_API_URL is {shown!r}, and no address: {error}; want one such as http://127.0.0.1:4200/api, or "
            "unset it to use a temporary server"
        ) from None
    except PrefectHTTPStatusError as error:
        status = error.response.status_code
        why = "asks for credentials (PREFECT_API_AUTH_STRING)" if status in (401, 403) else "is no Prefect server"
        raise Unreachable(f"what answers at {shown} {why}: it says {status}; {remedy}") from None
    except httpx.HTTPError as error:
        raise Unreachable(f"no Prefect server answers at {shown}: {error or type(error).__name__}; {remedy}") from None
    except ValueError:
        raise Unreachable(f"what answers at {shown} is no Prefect server; {remedy}") from None
    if not re.match(r"\d+\.\d+", str(version)):
        raise Unreachable(f"what answers at {shown} is no Prefect server; {remedy}")


def refuse_home() -> None:
    """Look whether a temporary server may run, and can keep its database.

    Raises:
        Unreachable: it may not, or cannot.
    """
    if not PREFECT_SERVER_ALLOW_EPHEMERAL_MODE.value():
        raise Unreachable(
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE forbids a temporary Prefect server, and PREFECT_API_URL names none; "
            f"set it to a server that runs, or {REMEDY}"
        )
    home = PREFECT_HOME.value()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"?")
    except OSError as error:
        why = "it is a file" if home.is_file() else error.strerror
        raise Unreachable(
            f"a temporary Prefect server keeps its database in PREFECT_HOME, and {home} cannot be written: {why}; set "
            "PREFECT_HOME to a folder that can be, or PREFECT_API_URL to a server that runs"
        ) from None


def _gone(server: TemporaryServer) -> str:
    if server.process.poll() is None:
        return ""
    return (
        f"the temporary Prefect server ended in the middle of the run (exit code {server.process.returncode}: "
        f"{server.last_words()}); the same command goes on where it stopped, or {REMEDY} first"
    )


class _Silence:
    """Asks a server again and again whether it is there."""

    def __init__(self, api: str) -> None:
        self.api, self.heard = api, time.monotonic()

    def __call__(self) -> str:
        with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL):
            httpx.get(f"{self.api}/health", timeout=ASKING)
            self.heard = time.monotonic()
        silent = time.monotonic() - self.heard
        if silent < SILENCE:
            return ""
        return (
            f"the Prefect server at {self.api} has not answered for {silent:.0f} s; once it is back, the same command "
            "goes on where it stopped"
        )


@contextlib.contextmanager
def _watched(lost: Callable[[], str], every: float) -> Generator[None]:
    """End the run once the server is lost.

    Args:
        lost: says why it is.
    """
    over = threading.Event()

    def watch() -> None:
        while not over.wait(every):
            if why := lost():
                end(why, Unreachable.exit_code)
                return

    watcher = threading.Thread(target=contextvars.copy_context().run, args=(watch,), daemon=True)
    watcher.start()
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if (how := ending()) and how.code == Unreachable.exit_code:
            raise Unreachable(how.why) from None
        raise
    finally:
        over.set()


def drain() -> None:
    """Send Prefect the log lines and events that wait."""
    if (how := ending()) and how.code == Unreachable.exit_code:
        return
    for worker in (EventsWorker, APILogWorker):
        worker.drain_all(timeout=DRAINING)
