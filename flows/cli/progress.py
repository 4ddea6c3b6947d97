"""What a person sees while a command works; all of it on stderr."""

import contextlib
import os
import sys
import textwrap
import threading
import time
from collections.abc import Generator, Sequence

from rich.console import Console

from tasks.core import ui

REDRAWN, PIPED = 0.5, 30.0
"""Seconds between two looks at what is under way: on a terminal, and elsewhere."""
CLEAR = "\r\x1b[2K"
NAMED = 2
"""Tasks that are named where several are under way."""


@contextlib.contextmanager
def following(*, quiet: bool, verbose: bool) -> Generator[None]:
    """Tell a line for every task that ends, and what is under way: on a terminal in one line that changes, elsewhere in
    a line every half minute.

    Args:
        quiet: tell nothing.
        verbose: tell what the tasks log, too.
    """
    if quiet:
        yield
        return
    follower = Follower(verbose=verbose)
    with ui.watching(follower), follower.drawing():
        yield


class Follower:
    """Tells on stderr how the work of this process goes; see `tasks.core.ui.Watcher`."""

    def __init__(self, *, verbose: bool) -> None:
        self.verbose = verbose
        self.on_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self.width = Console(stderr=True).width
        self.writing = threading.Lock()

    def line(self, text: str) -> None:
        """Tell of a task that ended; on a terminal a long line breaks between words."""
        if self.on_terminal:
            text = textwrap.fill(
                text, self.width - 1, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
            )
        self._write(f"{CLEAR if self.on_terminal else ''}{text}\n")

    def log(self, message: str, *, warn: bool) -> None:
        """Tell one line of the log."""
        if self.verbose:
            self.line(f"{'warning: ' if warn else ''}{message}")

    @contextlib.contextmanager
    def drawing(self) -> Generator[None]:
        """Tell now and then what is under way."""
        ended = threading.Event()
        drawer = threading.Thread(target=self._draw_until, args=(ended,), daemon=True)
        drawer.start()
        try:
            yield
        finally:
            ended.set()
            drawer.join()
            if self.on_terminal:
                self._write(CLEAR)

    def _draw_until(self, ended: threading.Event) -> None:
        while not ended.wait(REDRAWN if self.on_terminal else PIPED):
            text = status(ui.under_way())
            if self.on_terminal:  # the cursor waits at the start, so that whatever comes next writes over it
                line = textwrap.shorten(text, self.width - 1, placeholder=" …", break_on_hyphens=False)
                self._write(f"{CLEAR}{line}\r")
            elif text:
                self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        with self.writing:  # task threads end at the same time
            sys.stderr.write(text)
            sys.stderr.flush()


def status(works: Sequence[ui.Work]) -> str:
    """Put into one line what is under way, first what says how far it is."""
    measured = [work for work in works if work.text]
    others = [work for work in works if not work.text]
    named = [f"{work.title} {duration(time.monotonic() - work.began)}" for work in others[:NAMED]]
    more = [f"{len(others) - NAMED:,} more"] if len(others) > NAMED else []
    return " · ".join([*map(_measured, measured), *([", ".join([*named, *more])] if others else [])])


def _measured(work: ui.Work) -> str:
    left = work.seconds_left
    return f"{work.title}: " + (f"{duration(left)} left, " if left is not None else "") + work.text


def duration(seconds: float) -> str:
    """Write a time as people say it."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
