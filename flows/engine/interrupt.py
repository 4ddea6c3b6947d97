"""Ctrl-C and SIGTERM end a run at once, and alike: task threads cannot be interrupted, but the trainings they wait for
can.

A run that is interrupted has `PATIENCE` seconds to end in order, after at most `SAVING` for a training to save a
checkpoint of the step that it is in; then it just ends. Nothing is lost: products are whole or not there. Either way
what has to be done before the end is done: Prefect is told, and the temporary server stopped.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from types import FrameType
from typing import NoReturn

from tasks.core.errors import CuveeError

PATIENCE, SAVING, LOOKING = 4.0, 14.0, 0.1
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
"""Exit codes, as shells give them to what a signal ends."""
STOPPED = "interrupted; the same command goes on where it stopped"


class Terminated(SystemExit):
    """SIGTERM came."""


class Stopped(CuveeError):
    """A task was under way when the run was interrupted."""

    exit_code = CODES[signal.SIGINT]


@dataclass
class Ending:
    """How and why this process ends.

    Attributes:
        over: whether it came in order.
    """

    code: int
    why: str
    over: threading.Event = field(default_factory=threading.Event)

    def hurry(self) -> None:
        """End the process when that takes too long."""
        from tasks.train.task import trains

        for _ in range(int(SAVING / LOOKING)):
            if not trains() or self.over.wait(LOOKING):
                break
        if not self.over.wait(PATIENCE):
            leave()


def _on_stderr(why: str, _code: int) -> None:
    sys.stderr.write(f"cuvee: {why}\n")
    sys.stderr.flush()


@dataclass
class _Process:
    """What is known of the end of this process.

    Attributes:
        duties: what is done before it, the last one added first.
        say: tells people why.
    """

    ending: Ending | None = None
    duties: list[Callable[[], None]] = field(default_factory=list)
    say: Callable[[str, int], object] = _on_stderr
    before: dict[int, object] = field(default_factory=dict)
    told: threading.Lock = field(default_factory=threading.Lock)
    left: threading.Lock = field(default_factory=threading.Lock)


_process = _Process()


def ending() -> Ending | None:
    """Say how this process ends, if it does."""
    return _process.ending


def speak(say: Callable[[str, int], object]) -> None:
    """Have `say` called with the reason and the exit code when this process is interrupted, in place of a line."""
    _process.say = say


def say(code: int) -> int:
    """Tell people, once, why this process ends; gives its exit code.

    Args:
        code: where nothing has been noted of the end.
    """
    end = _process.ending or Ending(code, STOPPED)
    if _process.told.acquire(blocking=False):
        _process.say(end.why, end.code)
    return end.code


@contextlib.contextmanager
def duty(do: Callable[[], None]) -> Generator[None]:
    """Have something done before this process ends; after a block that nothing ended it is forgotten."""
    _process.duties.append(do)
    try:
        yield
    finally:
        if _process.ending is None:
            _process.duties.remove(do)


def do_duties() -> None:
    """Do what has to be done before the end, the last one added first; what cannot be done is left."""
    while _process.duties:
        with contextlib.suppress(Exception):
            _process.duties.pop()()


def heed_sigterm() -> bool:
    """Make SIGTERM an exception, as SIGINT is, where nobody else heeds it; says whether that is so."""
    free = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if free:
        signal.signal(signal.SIGTERM, _terminate)
    return free


def _terminate(_number: int, _frame: FrameType | None) -> None:
    if _process.ending is None:
        _process.ending = Ending(CODES[signal.SIGTERM], STOPPED)
    raise Terminated(_process.ending.code)


@contextlib.contextmanager
def interruptible(at_end: Callable[[], None]) -> Generator[None]:
    """Stop trainings on SIGINT and SIGTERM before they become exceptions; outside the main thread nothing changes.

    Args:
        at_end: a duty of the end, if it comes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _process.before = {number: signal.signal(number, _stop) for number in CODES}
    try:
        with duty(at_end):
            yield
    finally:
        if _process.ending is None:
            _put_back()


def _put_back() -> None:
    for number, before in _process.before.items():
        signal.signal(number, before)  # pyright: ignore[reportArgumentType] (as it was given)


def _stop(number: int, frame: FrameType | None) -> None:
    """Begin the end at a first signal; a second one ends the process now."""
    for other in CODES:
        signal.signal(other, lambda *_: leave())
    before = _process.before[number] if _process.ending is None else None
    _begin(STOPPED, CODES[signal.Signals(number)])
    if callable(before):  # Prefect's, which knows whether a worker asked for the end
        before(number, frame)
    raise KeyboardInterrupt


def _begin(why: str, code: int) -> None:
    from tasks.train.task import stop_training

    if _process.ending is None:
        _process.ending = Ending(code, why)
        threading.Thread(target=_process.ending.hurry, daemon=True).start()
    stop_training()


def end(why: str, code: int) -> None:
    """End the run that is under way for another reason than a signal; any thread may call this."""
    _begin(why, code)
    if signal.getsignal(signal.SIGINT) is _stop:
        os.kill(os.getpid(), signal.SIGINT)  # a true signal: nothing else wakes a thread that waits
    else:
        leave()


@contextlib.contextmanager
def heeding() -> Generator[None]:
    """Heed SIGTERM while a flow runs, whichever program called it; one that ends in order may go on afterwards."""
    if _process.ending is not None:  # an earlier one
        _process.ending, _process.duties, _process.told = None, [], threading.Lock()
    free = heed_sigterm()
    try:
        yield
    finally:
        if _process.ending is not None:
            _process.ending.over.set()
            _put_back()
        if free:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def leave() -> NoReturn:
    """Do what has to be done, and end this process and all below it, now."""
    import psutil

    with _process.left:
        do_duties()
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.terminate()
        code = _process.ending.code if _process.ending else CODES[signal.SIGINT]
        with contextlib.suppress(Exception):  # nobody may be left to read it
            say(code)
            sys.stdout.flush()
        os._exit(code)
