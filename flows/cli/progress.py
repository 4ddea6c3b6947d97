"""What a person at a terminal sees while a run is under way; all of it on stderr."""

import contextlib
import sys
from collections.abc import Generator

from tasks.core import ui


@contextlib.contextmanager
def following(*, quiet: bool) -> Generator[None]:
    """Print a line for every task that ends, and one changing line for long work when stderr is a terminal."""
    if not quiet:
        ui.watch(_print)
    yield


def _print(line: str) -> None:
    if line.startswith("\r") and not sys.stderr.isatty():
        return
    clear = "\x1b[2K" if sys.stderr.isatty() else ""
    end = "" if line.startswith("\r") else "\n"
    # One write: task threads end at the same time.
    sys.stderr.write(f"{clear}{line}{end}")
    sys.stderr.flush()
