"""A Prefect server for the time of one run: a process of its own that ends with the one that started it.

It leads a session of its own, so that Ctrl-C in a terminal reaches the run alone, which then can tell it the end. Most
of its start is imports; a command has it begin with them while it does its own, and serve once a flow wants it.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import IO, cast

from flows.engine.home import healthy
from tasks.core.errors import Unreachable

REMEDY = "start one that stays with `prefect server start`"
SERVE = b"\n"
"""What the process is told on its standard input when it is to serve."""
ASKING = 2.0
"""Seconds that it may take to say that it is up."""
STOPPING = 5.0
"""Seconds that it may take to write down what it was told last."""


class TemporaryServer:
    """The process of a temporary server, which gets ready to serve.

    Attributes:
        api: URL of its API.
    """

    def __init__(self, settings: dict[str, str]) -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            self.api = f"http://127.0.0.1:{bound.getsockname()[1]}/api"
            self.said = tempfile.TemporaryFile()  # noqa: SIM115 (as long as the process)
            self.process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                [sys.executable, "-m", __name__, str(bound.fileno())],
                stdin=subprocess.PIPE,
                stdout=self.said,
                stderr=self.said,
                pass_fds=[bound.fileno()],
                env=os.environ | settings | _own(),
                start_new_session=True,
            )
            self._parent_end = cast("IO[bytes]", self.process.stdin)

    def serve(self, seconds: float) -> None:
        """Have it serve, and wait until it does.

        Raises:
            Unreachable: it ended, or took longer.
        """
        began = time.monotonic()
        with contextlib.suppress(BrokenPipeError):
            self._parent_end.write(SERVE)
            self._parent_end.flush()
        while not healthy(self.api, ASKING):
            if self.process.poll() is not None:
                raise Unreachable(
                    f"the temporary Prefect server ended as it started (exit code {self.process.returncode}): "
                    f"{self.last_words()}; mend that, or {REMEDY}"
                )
            if time.monotonic() - began > seconds:
                raise Unreachable(
                    f"the temporary Prefect server did not start within {seconds:g} s and was ended; give it longer "
                    f"with PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS, or {REMEDY}"
                )
            time.sleep(0.05)

    def last_words(self) -> str:
        """Give the last error that it wrote, else its last line."""
        self.said.seek(0)
        lines = [line.strip() for line in self.said.read().decode("utf-8", "replace").split("\n")]
        errors = [line for line in lines if re.match(r"[\w.]+(Error|Exception)\b", line)]
        return (errors or [line for line in lines if line] or ["it said nothing"])[-1]

    def close(self) -> None:
        """End it, and forget what it said."""
        self.stop()
        self.said.close()

    def stop(self) -> None:
        """End it, in order where it can."""
        self.process.terminate()
        try:
            self.process.wait(STOPPING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._parent_end.close()


_prepared: list[TemporaryServer] = []
"""One that gets ready and that no flow has used yet."""


@contextlib.contextmanager
def prepared() -> Generator[None]:
    """Have a temporary server get ready that a flow in the block uses; one that none wants is ended."""
    _prepared.append(TemporaryServer({}))
    try:
        yield
    finally:
        drop_prepared()


def drop_prepared() -> None:
    """End the server that got ready and is not wanted."""
    while _prepared:
        _prepared.pop().close()


def _own() -> dict[str, str]:
    """Give the environment of the server: Prefect's for a server of this kind, and the way to this module."""
    return {
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "ERROR",
        "PREFECT_UI_ENABLED": "0",
        "PREFECT__SERVER_EPHEMERAL": "1",
        "PREFECT__SERVER_FINAL": "1",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }


@contextlib.contextmanager
def started(settings: dict[str, str], seconds: float) -> Generator[TemporaryServer]:
    """Start a temporary server, and end it after the block.

    Args:
        settings: of Prefect, by the names of their variables.
        seconds: that it may take to start.

    Raises:
        Unreachable: it does not start.
    """
    server = _prepared.pop() if _prepared else TemporaryServer(settings)
    try:
        server.serve(seconds)
        yield server
    finally:
        server.close()


def main() -> None:
    """Get ready, then serve at the socket whose number is given once told to, until told to end or until the process
    that started this is gone.
    """
    wanted = threading.Event()
    threading.Thread(target=_heed_parent, args=(wanted,), daemon=True).start()
    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app()
    wanted.wait()
    config = uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


def _heed_parent(wanted: threading.Event) -> None:
    while os.read(0, 1):  # comes back with nothing once nobody holds the other end
        wanted.set()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
