"""What a run shows to people. By itself nothing is shown and nothing fails; the engine plugs in where it goes to."""

import contextlib
import re
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol, Self

from tasks.core.unseen import unseen


class Port(Protocol):
    """Where what a run shows goes to."""

    def in_run(self) -> bool:
        """Say whether a flow or task run is under way here."""
        ...

    def log(self, message: str, *, warn: bool) -> None:
        """Write one line to the run's log."""
        ...

    def table(self, key: str, rows: list[dict[str, object]], headline: str) -> None:
        """Show a table."""
        ...

    def markdown(self, key: str, text: str, headline: str) -> None:
        """Show Markdown."""
        ...

    def image(self, key: str, png: bytes, headline: str) -> None:
        """Show a picture."""
        ...

    def report(self, key: str, where: str, headline: str) -> None:
        """Show where a report is; `where` is its URI."""
        ...

    def progress(self, key: str, title: str) -> Callable[[float, str], None]:
        """Show how far a long task is; what comes back is called with the share that is done and its description."""
        ...


class Watcher(Protocol):
    """Who follows what this process does, such as the command line; nobody follows a deployed run."""

    def line(self, text: str) -> None:
        """Take what is told of a task that ended."""
        ...

    def log(self, message: str, *, warn: bool) -> None:
        """Take one line of the run's log."""
        ...


@dataclass(eq=False)
class Work:
    """What is done here now.

    Attributes:
        title: the task and what it is about.
        text: how far it is; empty where that cannot be told.
        began: by the monotonic clock.
        first, last: the share that was done when it was told first and last, and the time.
    """

    title: str
    text: str = ""
    began: float = field(default_factory=time.monotonic)
    first: tuple[float, float] | None = None
    last: tuple[float, float] | None = None

    def reach(self, done: float, text: str) -> None:
        """Note that the share `done` (0..1) is done; one that falls back begins anew."""
        now = (done, time.monotonic())
        if self.first is None or self.last is None or done < self.last[0]:
            self.first = now
        self.last, self.text = now, text

    @property
    def seconds_left(self) -> float | None:
        """How long it will take yet, if the rest goes as fast; None where that is not known."""
        if self.first is None or self.last is None or self.last[0] <= self.first[0]:
            return None
        (before, start), (done, now) = self.first, self.last
        return max(0.0, (now - start) * (1 - done) / (done - before) - (time.monotonic() - now))


_ports: list[Port] = []
_watchers: list[Watcher] = []
_works: list[Work] = []
_here = threading.local()


def plug(port: Port) -> None:
    """Show what runs show through `port`, in this process."""
    _ports[:] = [port]


def _running() -> list[Port]:
    return [port for port in _ports if port.in_run()]


def in_run() -> bool:
    """Say whether a flow or task run is under way here."""
    return bool(_running())


def log(message: str, *, warn: bool = False) -> None:
    """Write one line to the run's log."""
    for port in _running():
        port.log(unseen(message), warn=warn)
    for watcher in _watchers:
        watcher.log(unseen(message), warn=warn)


def artifact_key(*names: str) -> str:
    """Make an artifact key of any names: Latin lower-case letters, digits and dashes. Names in other scripts are told
    apart by a digest.
    """
    name = "-".join(names)
    told = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return told if name.isascii() else f"{told}-{sha256(name.encode()).hexdigest()[:8]}".strip("-")


def escape(text: str) -> str:
    """Make a text from the data harmless in Markdown: no markup, no HTML, one line."""
    flat = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~-])", r"\\\1", flat).replace("\\<", "&lt;").replace("\\>", "&gt;")


def show_table(key: str, rows: Sequence[Mapping[str, object]], headline: str) -> None:
    """Show rows as a table."""
    for port in _running():
        port.table(artifact_key(key), list(map(dict, rows)), headline)


def show_markdown(key: str, text: str, headline: str) -> None:
    """Show Markdown, mermaid diagrams included."""
    for port in _running():
        port.markdown(artifact_key(key), text, headline)


def show_image(key: str, png: bytes, headline: str) -> None:
    """Show a picture; it travels inside what is shown, so keep it small."""
    for port in _running():
        port.image(artifact_key(key), png, headline)


def show_report(key: str, where: str, headline: str) -> None:
    """Show where a report is: its URI, or a link where a browser can follow one."""
    for port in _running():
        port.report(artifact_key(key), where, headline)


def tell(line: str) -> None:
    """Give a line to whoever watches this process."""
    for watcher in _watchers:
        watcher.line(unseen(line))


@contextlib.contextmanager
def watching(watcher: Watcher) -> Generator[None]:
    """Have `watcher` told of every task that ends, and of what the log is told."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def under_way() -> tuple[Work, ...]:
    """Give what is done in this process now, in the order in which it began."""
    return tuple(_works)


@contextlib.contextmanager
def working(title: str) -> Generator[Work]:
    """Say that this thread is at work on something; within it a `Progress` says how far it is."""
    before: Work | None = getattr(_here, "work", None)
    work = _here.work = Work(title)
    _works.append(work)
    try:
        yield work
    finally:
        _works.remove(work)
        _here.work = before


class Progress:
    """How far a long task is: shown with the run, and to whoever looks at what is under way.

    Args:
        subject: what is worked on; names what is shown.
        title: what is done to it.
    """

    def __init__(self, subject: str, title: str) -> None:
        self.subject, self.title = subject, title
        self.updates: list[Callable[[float, str], None]] = []
        self.shown = 0.0
        self.opened = contextlib.ExitStack()

    def __enter__(self) -> Self:
        work: Work | None = getattr(_here, "work", None)
        self.work = work or self.opened.enter_context(working(self.title))
        self.updates = [port.progress(artifact_key("progress", self.subject), self.title) for port in _running()]
        return self

    def __call__(self, done: float, text: str) -> None:
        """Show that the share `done` (0..1) is done; with the run at most once a second."""
        self.work.reach(done, unseen(text))
        now = time.monotonic()
        if now - self.shown < 1 and done < 1:
            return
        self.shown = now
        for update in self.updates:
            update(done, f"{self.title}: {text}")

    def __exit__(self, *_: object) -> None:
        self.opened.close()
