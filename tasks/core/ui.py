"""What a run shows to people. By itself nothing is shown and nothing fails; the engine plugs in where it goes to."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
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

    def link(self, key: str, url: str, text: str, headline: str) -> None:
        """Show a link."""
        ...

    def progress(self, key: str, title: str) -> Callable[[float, str], None]:
        """Show how far a long task is; what comes back is called with the share that is done and its description."""
        ...


_ports: list[Port] = []
_watchers: list[Callable[[str], None]] = []


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


def artifact_key(*names: str) -> str:
    """Make an artifact key of any names: lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(names).lower()).strip("-")


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


def show_link(key: str, url: str, text: str, headline: str) -> None:
    """Show a link."""
    for port in _running():
        port.link(artifact_key(key), url, text, headline)


def tell(line: str) -> None:
    """Give a line to whoever watches this process (the command line); nobody watches a deployed run."""
    for listener in _watchers:
        listener(unseen(line))


def watch(listener: Callable[[str], None]) -> None:
    """Have `listener` told of every task that ends and of the progress of long ones."""
    _watchers.append(listener)


class Progress:
    """How far a long task is: shown with the run, and as a changing line for whoever watches.

    Args:
        subject: what is worked on; names what is shown.
        title: what is done to it.
    """

    def __init__(self, subject: str, title: str) -> None:
        self.subject, self.title = subject, title
        self.updates: list[Callable[[float, str], None]] = []
        self.last = 0.0

    def __enter__(self) -> Self:
        self.updates = [port.progress(artifact_key("progress", self.subject), self.title) for port in _running()]
        return self

    def __call__(self, done: float, text: str) -> None:
        """Show that the share `done` (0..1) is done; at most once a second."""
        now = time.monotonic()
        if now - self.last < 1 and done < 1:
            return
        self.last = now
        tell(f"\r{self.title}: {text}")
        for update in self.updates:
            update(done, f"{self.title}: {text}")

    def __exit__(self, *_: object) -> None:
        return None
