"""Three ways to carry out the same steps: as Prefect task runs, as plain function calls, or not at all (look-ups
only).
"""

import threading
from asyncio import CancelledError
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from prefect import Task
from prefect.filesystems import LocalFileSystem, RemoteFileSystem
from prefect.futures import PrefectFuture

from tasks.core import ui
from tasks.core.errors import CuveeError, Unreachable
from tasks.core.records import digest
from tasks.manifests.manifest import Manifest
from tasks.manifests.seen import Unreached
from tasks.recipe.model import LoadedRecipe
from tasks.store.products import StageFunction
from tasks.store.runs import TaskNote
from tasks.store.storage import open_store


class Call(Protocol):
    """Carry out one task; what comes back may be handed to the next call."""

    def __call__(self, task: Task[..., Any], *arguments: Any) -> Any:
        """Call `task`."""
        ...

    def attempt(self, task: Task[..., Any], *arguments: Any) -> Any:
        """Call `task`; when it, or what it is handed, cannot be reached, that ends nothing before `unreached` is
        asked.
        """
        ...

    def unreached(self, *made: Any) -> Unreachable | None:
        """Say what stood in the way of attempts that hang on each other; the run goes on without them."""
        ...


@dataclass
class Made:
    """What the steps have made so far: results, or promises of them.

    Attributes:
        loaded: the recipe without the sources that could not be reached and are left out.
    """

    loaded: LoadedRecipe | None = None
    unreached: tuple[Unreached, ...] = ()
    drift: Any = None
    cleaned: list[Any] = field(default_factory=list)
    pool: Any = None
    checks: list[Any] = field(default_factory=list)
    verdicts: Any = ()
    weights: Any = None
    plan: Any = None
    mix: Any = None
    mix_check: Any = None
    mix_verdict: Any = ()
    profile: Any = None
    model: Any = None
    scores: Any = None

    def resolved(self) -> "Made":
        """Replace promises by results, and those of task runs that did not complete by nothing."""
        return Made(**{name: settled(value, vars(Made())[name]) for name, value in vars(self).items()})


def settled(value: Any, nothing: Any = None) -> Any:
    """Wait for a promise, or several; `nothing` stands for what did not complete."""
    if isinstance(value, list):
        return [settled(item) for item in value]
    if isinstance(value, PrefectFuture):
        value.wait()
        return value.result() if value.state.is_completed() else nothing
    return value


class Submitted:
    """Prefect task runs, concurrent where they do not wait for each other.

    Args:
        store: the store's URI; Prefect's results go to its `results/`.
        quiet: say nothing of each task that ends.
    """

    def __init__(self, store: str, *, quiet: bool = False) -> None:
        self.storage, self.quiet = result_storage(store), quiet
        self.runs: list[tuple[Task[..., Any], str, PrefectFuture[Any]]] = []
        self.given_up: list[PrefectFuture[Any]] = []
        self.told: set[UUID] = set()
        self.telling = threading.Lock()

    def __call__(self, task: Task[..., Any], *arguments: Any) -> Any:
        """Submit `task`; its subject is its first argument after the store."""
        makes_product = isinstance(task.fn, StageFunction)
        subject = arguments[1] if makes_product else arguments[0]
        chosen = task.with_options(result_storage=self.storage) if makes_product else task
        future = chosen.submit(*arguments)
        self.runs.append((task, subject, future))
        if not self.quiet:
            future.add_done_callback(lambda done: self._tell(task, subject, done))
        return future

    def attempt(self, task: Task[..., Any], *arguments: Any) -> Any:
        """Submit `task`; see `Call`."""
        return self(task, *arguments)

    def unreached(self, *made: PrefectFuture[Any]) -> Unreachable | None:
        """Wait for attempts; see `Call`."""
        for future in made:
            future.wait()
            error = future.state.result(raise_on_failure=False) if future.state.is_failed() else None
            if isinstance(error, Unreachable):
                self.given_up += made
                return error
        return None

    def _tell(self, task: Task[..., Any], subject: str, future: PrefectFuture[Any]) -> None:
        try:
            note = self._note(task, subject, future)
        except CancelledError:  # the run was interrupted before this task began
            return
        with self.telling:
            if note.state != "notready" and future.task_run_id not in self.told:
                self.told.add(future.task_run_id)
                ui.tell(_line(note))

    def finish(self) -> None:
        """Wait for every task run and tell of it; raise what the failed ones raised."""
        for task, subject, future in self.runs:
            future.wait()
            self._tell(
                task, subject, future
            )  # its callback may come later than this, with some runners after the end of the process
        wanted = [future for _, _, future in self.runs if future not in self.given_up]
        failed = [future for future in wanted if future.state.is_failed() or future.state.is_crashed()]
        errors = [future.state.result(raise_on_failure=False) for future in failed]
        expected = [error for error in errors if isinstance(error, CuveeError)]
        if len(expected) > 1 and len(expected) == len(errors):
            raise type(expected[0])("\n".join(str(error) for error in expected)) from expected[0]
        for future in failed:
            future.result()

    def stopped(self, start: int, end: int | None = None) -> Exception | None:
        """Give the first error of the task runs with these numbers, in the order of the calls; None when all came to an
        end.
        """
        ended = [
            future for _, _, future in self.runs[start:end] if future.state.is_failed() or future.state.is_crashed()
        ]
        return ended[0].state.result(raise_on_failure=False) if ended else None

    def notes(self) -> list[TaskNote]:
        """Say of every task run what became of it, in the order of the calls."""
        return [self._note(task, subject, future) for task, subject, future in self.runs]

    def _note(self, task: Task[..., Any], subject: str, future: PrefectFuture[Any]) -> TaskNote:
        future.wait()
        state = future.state
        made = future.result() if state.is_completed() else None
        outcome = "cached" if state.name == "Cached" else "run" if state.is_completed() else str(state.name).lower()
        outcome = "unreached" if future in self.given_up and made is None else outcome
        return TaskNote.of(task.name, subject, outcome, made if isinstance(made, Manifest) else None)


def _line(note: TaskNote) -> str:
    took = f"{note.seconds:.1f} s" if note.state == "run" else ""
    how = note.how if note.state == "run" else ""
    return f"{note.name:<20} {note.subject:<16} {note.state:<9} {note.rows or '':>9} {took:>8}  {how}".rstrip()


def result_storage(store: str) -> LocalFileSystem | RemoteFileSystem:
    """Keep Prefect's results beside the products; credentials stay in the environment."""
    home = open_store(store)
    kind = LocalFileSystem if home.is_local else RemoteFileSystem
    block = kind(basepath=home.where("results"))
    block.save(f"cuvee-{digest(home.uri)[:12]}", overwrite=True)
    return block


def walk(steps: Iterator[str], until: str | None, after: Callable[[], None] = lambda: None) -> bool:
    """Carry out steps up to and with the stage `until`.

    Args:
        after: called after each stage.

    Returns:
        Whether `until` was reached.
    """
    for stage in steps:
        after()
        if stage == until:
            return True
    return False
