"""Calls that only look: probes and gates are called, products are looked up under the key they would have."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from prefect import Task

from tasks.core.errors import CuveeError, Unreachable
from tasks.store.products import StageFunction, key_of
from tasks.store.runs import TaskNote
from tasks.store.storage import open_store

MOST = 8
"""Changed parts of a key that are named."""


@dataclass(frozen=True)
class Missing:
    """A product that is not there, and why.

    Attributes:
        error: what cannot be reached, where that is the reason.
    """

    task: str
    why: str
    error: Unreachable | None = None


@dataclass(frozen=True)
class Found:
    """What a look-up says about one task."""

    task: str
    subject: str
    hit: bool
    why: str


class LookedUp:
    """Only look: probes and gates are called, products are looked up under the key they would have.

    Args:
        before: the task notes of the last run of the recipe, to say what changed since.
    """

    def __init__(self, before: tuple[TaskNote, ...]) -> None:
        self.before = {(note.name, note.subject): note.parts for note in before if note.parts}
        self.found: list[Found] = []

    def __call__(self, task: Task[..., Any], *arguments: Any) -> Any:
        """Look for the product of `task`."""
        gaps = list(_gaps(arguments))
        if not isinstance(task.fn, StageFunction):
            return self._ask(task, arguments, gaps)
        subject = arguments[1]
        if gaps:
            return self._miss(task, subject, f"waits for {gaps[0].task}")
        parts = task.fn.parts(*arguments)
        manifest = open_store(arguments[0]).lookup(task.fn.stage, key_of(task.fn.stage, parts))
        if manifest is None:
            return self._miss(task, subject, self._changed(task.name, subject, parts))
        self.found.append(Found(task.name, subject, hit=True, why=""))
        return manifest

    def attempt(self, task: Task[..., Any], *arguments: Any) -> Any:
        """Look for the product of `task`; see `Call`."""
        return self(task, *arguments)

    def unreached(self, *made: Any) -> Unreachable | None:
        """Find the first error among what was found; see `Call`."""
        return next((one.error for one in made if isinstance(one, Missing) and one.error), None)

    def _ask(self, task: Task[..., Any], arguments: tuple[Any, ...], gaps: list[Missing]) -> Any:
        if gaps:
            return gaps[0]
        try:
            return task.fn(*arguments)
        except CuveeError as error:
            return replace(
                self._miss(task, arguments[0], str(error)), error=error if isinstance(error, Unreachable) else None
            )

    def _miss(self, task: Task[..., Any], subject: str, why: str) -> Missing:
        self.found.append(Found(task.name, subject, hit=False, why=why))
        return Missing(f"{task.name} {subject}", why)

    def _changed(self, name: str, subject: str, parts: dict[str, str]) -> str:
        before = self.before.get((name, subject))
        if before is None:
            return "not made yet"
        changed = sorted(part for part in {*before, *parts} if before.get(part) != parts.get(part))
        more = f" and {len(changed) - MOST} more" if len(changed) > MOST else ""
        return f"changed: {', '.join(changed[:MOST])}{more}" if changed else "its data is no longer in the store"


def _gaps(value: Any) -> Iterator[Missing]:
    if isinstance(value, Missing):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _gaps(item)
