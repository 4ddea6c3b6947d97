"""A Prefect server for the time of one run: a process of its own that ends with the one that started it.

It leads a session of its own, so that Ctrl-C in a terminal reaches the run alone, which then can tell it the end.
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

import httpx

from tasks.core.errors import Unreachable

REMEDY = "start one that stays with `prefect server start`"
STOPPING = 5.0
"""Seconds that it may take to write down what it was told last."""


class TemporaryServer:
    """The process of a temporary server.

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

    def wait_until_up(self, seconds: float) -> None:
        """Wait until it answers.

        Raises:
            Unreachable: it ended, or took longer.
        """
        began = time.monotonic()
        while not self._answers():
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
            time.sleep(0.1)

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.api}/health", timeout=2).is_success
        return False

    def last_words(self) -> str:
        """Give the last error that it wrote, else its last line."""
        self.said.seek(0)
        lines = [line.strip() for line in self.said.read().decode("utf-8", "replace").split("\n")]
        errors = [line for line in lines if re.match(r"[\w.]+(Error|Exception)\b", line)]
        return (errors or [line for line in lines if line] or ["it said nothing"])[-1]

    def stop(self) -> None:
        """End it, in order where it can."""
        self.process.terminate()
        try:
            self.process.wait(STOPPING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()


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
    server = TemporaryServer(settings)
    try:
        server.wait_until_up(seconds)
        yield server
    finally:
        server.stop()
        server.said.close()


def main() -> None:
    """Serve at the socket whose number is given until told to end, or until the process that started this is gone."""
    import uvicorn
    from prefect.server.api.server import create_app

    threading.Thread(target=_end_with_parent, daemon=True).start()
    config = uvicorn.Config(create_app, factory=True, log_level="error", lifespan="on", timeout_graceful_shutdown=2)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


def _end_with_parent() -> None:
    os.read(0, 1)  # comes back once nobody holds the other end
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
