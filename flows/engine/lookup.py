"""Calls that only look: probes and gates are called, products are looked up under the key they would have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ParamSpec, TypeVar, cast

from flows.engine.calls import Promise
from flows.engine.wiring import refuse_wrong
from tasks.core.errors import CuveeError, Unreachable
from tasks.core.tasks import Task
from tasks.store.products import StageTask
from tasks.store.runs import TaskNote

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

MOST = 8
"""Changed parts of a key that are named."""


@dataclass(eq=False)
class Missing(Promise):
    """A product that is not there, and why.

    Attributes:
        root: task and subject of the product that is missed first.
        error: what cannot be reached, where that is the reason.
    """

    task: Task[..., object]
    why: str
    root: str
    error: Unreachable | None = None

    __repr__ = Promise.__repr__


@dataclass(frozen=True)
class Found:
    """What a look-up says about one task."""

    task: str
    subject: str
    hit: bool
    why: str


class LookedUp:
    """Only look: probes and gates are called, products are looked up under the key they would have; see `Call`.

    Args:
        store: URI of the store.
        before: the task notes of the last run of the recipe, to say what changed since.

    Attributes:
        seconds: that the work behind what was found took.
    """

    def __init__(self, store: str, before: tuple[TaskNote, ...] = ()) -> None:
        self.store = store
        self.before = {(note.name, note.subject): note.parts for note in before if note.parts}
        self.found: list[Found] = []
        self.seconds = 0.0

    def __call__(self, task: Task[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Look for the product of `task`."""
        arguments = task.bind(*args, **kwargs)
        refuse_wrong(task, arguments)
        gap = next(_gaps(arguments), None)
        if not isinstance(task, StageTask):
            if gap is None:
                return cast("R", self._ask(task, *args, **kwargs))
            return cast("R", Missing(task, gap.why, gap.root, gap.error))
        if gap is not None:
            return cast("R", self._miss(task, f"waits for {gap.root}"))
        if product := task.lookup(self.store, *args, **kwargs):
            self.found.append(Found(task.name, task.subject, hit=True, why=""))
            self.seconds += product.seconds
            return cast("R", product)
        return cast("R", self._miss(task, self._changed(task, task.parts(*args, **kwargs))))

    def attempt(self, task: Task[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Look for the product of `task`; see `Call`."""
        return self(task, *args, **kwargs)

    def unreached(self, *results: object) -> Unreachable | None:
        """Find the first error among what was found; see `Call`."""
        return next((result.error for result in results if isinstance(result, Missing) and result.error), None)

    def result(self, value: T) -> T:
        """Give it as it is: nothing here is waited for."""
        return value

    def _ask(self, task: Task[P, R], *args: P.args, **kwargs: P.kwargs) -> "R | Missing":
        try:
            return task.run(self.store, *args, **kwargs)
        except CuveeError as error:
            return self._miss(task, str(error), error if isinstance(error, Unreachable) else None)

    def _miss(self, task: Task[..., object], why: str, error: Unreachable | None = None) -> Missing:
        self.found.append(Found(task.name, task.subject, hit=False, why=why))
        return Missing(task, why, f"{task.name} {task.subject}", error)

    def _changed(self, task: Task[..., object], parts: dict[str, str]) -> str:
        before = self.before.get((task.name, task.subject))
        if before is None:
            return "not made yet"
        changed = sorted(part for part in {*before, *parts} if before.get(part) != parts.get(part))
        more = f" and {len(changed) - MOST} more" if len(changed) > MOST else ""
        return f"changed: {', '.join(changed[:MOST])}{more}" if changed else "its data is no longer in the store"


def _gaps(value: object) -> Iterator[Missing]:
    if isinstance(value, Missing):
        yield value
    elif isinstance(value, list | tuple | Mapping):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _gaps(item)
