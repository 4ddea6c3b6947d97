"""Ctrl-C ends a run at once: task threads cannot be interrupted, but the training they wait for can.

A terminal sends SIGINT to Prefect's temporary server, too; without it the run cannot say goodbye and would wait for
minutes. So a run that is interrupted has `PATIENCE` seconds to end in order, then it just ends. Nothing is lost:
products are whole or not there.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Generator
from types import FrameType

import psutil

from tasks.train.task import stop_training

PATIENCE = 4.0
INTERRUPTED = 130
STOPPED = "interrupted; the same command goes on where it stopped"


@contextlib.contextmanager
def interruptible() -> Generator[None]:
    """Stop trainings on SIGINT before it becomes a KeyboardInterrupt; outside the main thread nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, lambda *_: leave())
        stop_training()
        watchdog = threading.Timer(PATIENCE, leave)
        watchdog.daemon = True
        watchdog.start()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        if sys.exc_info()[0] is not KeyboardInterrupt:
            signal.signal(signal.SIGINT, before)


def leave() -> None:
    """End this process and all below it, now."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.terminate()
    sys.stderr.write(f"cuvee: {STOPPED}\n")
    sys.stderr.flush()
    os._exit(INTERRUPTED)
