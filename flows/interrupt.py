"""Ctrl-C ends a run at once: task threads cannot be interrupted, but the training they wait for can."""

import contextlib
import signal
import threading
from collections.abc import Generator
from types import FrameType

from tasks.train.task import stop_training


@contextlib.contextmanager
def interruptible() -> Generator[None]:
    """Stop trainings on SIGINT before it becomes a KeyboardInterrupt; outside the main thread nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        stop_training()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
