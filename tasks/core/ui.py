"""What a run shows in the Prefect UI. Outside a run (plain calls, `cuvee plan`) nothing is shown and nothing fails."""

import base64
import re
import time
from collections.abc import Callable, Sequence
from typing import Any, Self, cast
from uuid import UUID

from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.context import FlowRunContext, TaskRunContext
from prefect.logging import get_logger, get_run_logger


def in_run() -> bool:
    """Say whether a flow or task run is under way here."""
    return TaskRunContext.get() is not None or FlowRunContext.get() is not None


def log(message: str, *, warn: bool = False) -> None:
    """Write one line to the run's log, or to the process's log outside a run."""
    logger = get_run_logger() if in_run() else get_logger("cuvee")
    (logger.warning if warn else logger.info)(message)


def artifact_key(*names: str) -> str:
    """Make an artifact key of any names: lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(names).lower()).strip("-")


def escape(text: str) -> str:
    """Make a text from the data harmless in Markdown: no markup, no HTML, one line."""
    flat = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~-])", r"\\\1", flat).replace("\\<", "&lt;").replace("\\>", "&gt;")


def show_table(key: str, rows: Sequence[dict[str, Any]], headline: str) -> None:
    """Show rows as a table artifact."""
    if in_run():
        create_table_artifact(key=artifact_key(key), table=list(rows), description=headline)


def show_markdown(key: str, text: str, headline: str) -> None:
    """Show Markdown, mermaid diagrams included."""
    if in_run():
        create_markdown_artifact(key=artifact_key(key), markdown=text, description=headline)


def show_image(key: str, png: bytes, headline: str) -> None:
    """Show a picture; it travels inside the artifact, so keep it small."""
    if in_run():
        uri = f"data:image/png;base64,{base64.b64encode(png).decode()}"
        create_image_artifact(key=artifact_key(key), image_url=uri, description=headline)


def show_link(key: str, url: str, text: str, headline: str) -> None:
    """Show a link."""
    if in_run():
        create_link_artifact(key=artifact_key(key), link=url, link_text=text, description=headline)


_told: list[Callable[[str], None]] = []


def tell(line: str) -> None:
    """Give a line to whoever watches this process (the command line); nobody watches a deployed run."""
    for listener in _told:
        listener(line)


def watch(listener: Callable[[str], None]) -> None:
    """Have `listener` told of every task that ends and of the progress of long ones."""
    _told.append(listener)


class Progress:
    """How far a long task is: an artifact in the UI, a changing line for whoever watches.

    Args:
        subject: what is worked on; names the artifact.
        title: what is done to it.
    """

    def __init__(self, subject: str, title: str) -> None:
        self.subject, self.title = subject, title
        self.artifact: UUID | None = None
        self.last = 0.0

    def __enter__(self) -> Self:
        if in_run():
            found = create_progress_artifact(
                progress=0.0, key=artifact_key("progress", self.subject), description=self.title
            )
            self.artifact = cast("UUID", found)
        return self

    def __call__(self, done: float, text: str) -> None:
        """Show that the share `done` (0..1) is done; at most once a second."""
        now = time.monotonic()
        if now - self.last < 1 and done < 1:
            return
        self.last = now
        tell(f"\r{self.title}: {text}")
        if self.artifact:
            update_progress_artifact(self.artifact, progress=100 * done, description=f"{self.title}: {text}")

    def __exit__(self, *_: object) -> None:
        return None
