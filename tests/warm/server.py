"""Imports the heavy libraries once, and forks itself for every process of a test that begins with such words:
`server.py FOLDER WORDS...`, a module or a module and its first argument, with a socket in the folder for each.

The project's own modules, and Polars, whose threads do not live through a fork, are imported by each fork. The server
ends with the process that holds the other end of its standard input, and each fork with the process that asked for it.
"""

import contextlib
import fcntl
import gc
import importlib
import io
import json
import os
import runpy
import select
import signal
import socket
import sys
import warnings
from dataclasses import dataclass, field
from typing import Any

from sitecustomize import settled

LEARNING = ("torch", "pandas", "scipy.stats", "sklearn.linear_model", "transformers.trainer")
SERVING = ("prefect.main", "prefect.server.api.server", "uvicorn")
LIBRARIES = {
    "flows.cli.main": ("prefect.main", "matplotlib.figure", *LEARNING),
    "flows.engine.temporary_server": SERVING,
    "tasks.train.loop": LEARNING,
    "uvicorn": SERVING,
}
"""Module -> what is imported before the first fork for it."""
MOST, FILES = 1 << 20, 64
"""Bytes of a request at most, which comes in one piece, and the open files that come with it."""


@dataclass
class Server:
    """The server and its forks.

    Attributes:
        bound: where requests come in, and for which words.
        settled: what a process must have in common with this one to be forked from it.
        asking: the connection of each process whose fork is at work, by the fork's pid.
        ended: says that a fork has ended, by its pid.
    """

    bound: dict[socket.socket, str]
    settled: list[Any] = field(default_factory=settled)
    asking: dict[int, socket.socket] = field(default_factory=dict)
    ended: dict[int, int] = field(default_factory=dict)

    def serve(self) -> dict[str, Any]:
        """Fork for each who asks; comes back in the fork, with what is wanted."""
        while True:
            ready, _, _ = select.select([0, *self.bound, *self.ended.values(), *self.asking.values()], [], [])
            if 0 in ready:
                [os.kill(pid, signal.SIGKILL) for pid in self.ended]
                os._exit(0)
            for pid, end in list(self.ended.items()):
                if end in ready:
                    self.tell_end(pid)
                elif self.asking[pid] in ready:  # its process is gone
                    os.kill(pid, signal.SIGKILL)
                    self.tell_end(pid)
            for place in self.bound.keys() & set(ready):
                if wanted := self.forked(place):
                    return wanted

    def forked(self, place: socket.socket) -> dict[str, Any] | None:
        """Take a request and fork for it; gives the request in the fork."""
        connection, _ = place.accept()
        said, files, _, _ = socket.recv_fds(connection, MOST, FILES)
        wanted = json.loads(said or b"{}")
        fits = wanted.get("settled") == self.settled
        if fits:
            warm_up(LIBRARIES[self.bound[place].split()[0]])
        if fits and (pid := os.fork()) == 0:
            os.setsid()
            for each in (*self.bound, connection, *self.asking.values()):
                each.close()
            for file in self.ended.values():
                os.close(file)
            take(files, wanted["files"])
            return wanted
        for file in files:
            os.close(file)
        if fits:
            self.asking[pid], self.ended[pid] = connection, os.pidfd_open(pid)
            connection.send(f"{pid}\n".encode())
        else:
            connection.close()
        return None

    def tell_end(self, pid: int) -> None:
        """Say with what code a fork ended; a signal is a number below nought."""
        os.close(self.ended.pop(pid))
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with contextlib.suppress(OSError), self.asking.pop(pid) as connection:
            connection.send(f"{code}\n".encode())


def warm_up(libraries: tuple[str, ...]) -> None:
    """Import libraries, and see that no thread is lost with a fork."""
    if sys.modules.keys() >= {*libraries}:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in libraries:
            importlib.import_module(name)
    if {"polars", "tasks"} & sys.modules.keys():
        raise ImportError("what every fork is to import itself was imported by a library")
    gc.collect()
    gc.freeze()


def take(files: list[int], numbers: list[int]) -> None:
    """Give open files the numbers that they have in the process that sent them."""
    above = max(*files, *numbers) + 1
    moved = [fcntl.fcntl(file, fcntl.F_DUPFD, above) for file in files]
    for file, number in zip(moved, numbers, strict=True):
        os.dup2(file, number)
    for file in {*files, *moved} - {*numbers}:
        os.close(file)


def become(wanted: dict[str, Any]) -> None:
    """Make this process the one that was asked for."""
    os.chdir(wanted["cwd"])
    for name in os.environ.keys() - wanted["environment"].keys():
        del os.environ[name]
    os.environ.update(wanted["environment"])
    sys.path[:] = [wanted["cwd"], *wanted["path"]]
    sys.argv[:] = wanted["argv"]
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        setattr(sys, name, _stream(number, getattr(sys, name)))
        setattr(sys, f"__{name}__", getattr(sys, name))
    if "prefect.main" in sys.modules:
        settle(wanted["argv"][0])


def settle(module: str) -> None:
    """Have Prefect read its settings as it does when it is imported, after the module has set its own."""
    from prefect.context import refresh_global_settings_context
    from prefect.logging.configuration import PROCESS_LOGGING_CONFIG, setup_logging

    if module == "flows.cli.main":
        from flows.engine.home import settle_prefect

        settle_prefect()
    refresh_global_settings_context()
    PROCESS_LOGGING_CONFIG.clear()
    setup_logging()


def _stream(number: int, before: Any) -> io.TextIOWrapper:
    """Open a file as Python does at its start; what the one before knows of its file no longer holds."""
    by_line = number == 2 or os.isatty(number)
    raw = io.FileIO(number, "w" if number else "r", closefd=False)
    binary = raw if before.write_through else io.BufferedWriter(raw) if number else io.BufferedReader(raw)
    return io.TextIOWrapper(
        binary, before.encoding, before.errors, line_buffering=by_line, write_through=before.write_through
    )


def listening(place: str) -> socket.socket:
    """Open a socket that processes of tests find by its path."""
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(place)
    bound.listen(64)
    return bound


if __name__ == "__main__":
    asked = Server({listening(f"{sys.argv[1]}/{words}"): words for words in sys.argv[2:]}).serve()
    become(asked)
    runpy._run_module_as_main(asked["argv"][0])
