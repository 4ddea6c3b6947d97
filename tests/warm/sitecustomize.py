"""What every Python of a test does first: have its module run where the heavy libraries are imported already.

The folder of this file stands in PYTHONPATH while tests run, so that Python imports it as it starts. A process
that is to run a module asks that module's server (`tests/warm/server.py`) for a fork, passes it its files,
environment and signals, and ends as the fork ends. Where there is no server, or it does not serve such a process, it
goes on itself.
"""

import json
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import Any

FOLDER = "CUVEE_TESTS_WARM"
"""Variable with the folder of the servers' sockets, each named after the module that it forks for, with or without
its first argument."""
SETTLED = (
    "CUDA",
    "HF_",
    "LANG",
    "LC_",
    "MALLOC",
    "MKL",
    "MPL",
    "OMP_",
    "PYTHON",
    "TOKENIZERS",
    "TORCH_",
    "TRANSFORMERS",
)
"""Variables that Python and the libraries read as they start or are imported begin so."""
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)


def settled() -> list[Any]:
    """Give what no process can change after its start, or that the libraries have read by then."""
    environment = {name: value for name, value in os.environ.items() if name.startswith(SETTLED)}
    environment.pop("PYTHONPATH", None)  # asked for anew
    limits = [resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")]
    ignored = [number for number in SIGNALS if signal.getsignal(number) == signal.SIG_IGN]
    return json.loads(json.dumps([environment, limits, ignored, os.getuid()]))


def open_files() -> list[int]:
    """List the numbers of the files that this process was started with."""
    with os.scandir("/proc/self/fd") as entries:
        numbers = sorted(int(entry.name) for entry in entries)
    there = "/proc/self/fd/{}".format  # the list itself was open, too
    return [number for number in numbers if Path(there(number)).exists()]


def hand_over(place: str) -> None:
    """Have the server run this process's module, and end as that ends; come back where it does not serve."""
    files = open_files()
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(place)
    except OSError:
        return
    wanted = {
        "argv": sys.orig_argv[2:],
        "cwd": str(Path.cwd()),
        "environment": dict(os.environ),
        "files": files,
        "path": sys.path,
        "settled": settled(),
    }
    with server, server.makefile("rb") as answers:
        socket.send_fds(server, [json.dumps(wanted).encode() + b"\n"], files)
        told = answers.readline()
        if not told.strip():
            return
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda number, _, pid=int(told): os.kill(pid, number))
        told = answers.readline()
    code = int(told or -signal.SIGKILL)
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(-code, signal.SIG_DFL) if -code in SIGNALS else None
        os.kill(os.getpid(), -code)
    os._exit(code)


if FOLDER in os.environ and sys.orig_argv[1:2] == ["-m"]:
    for words in (sys.orig_argv[2:3], sys.orig_argv[2:4]):
        hand_over(f"{os.environ[FOLDER]}/{' '.join(words)}")
