"""Tasks as Prefect task runs: one Prefect task is made of each of ours, once, so that the UI shows every call of it,
retried and cached, wherever the flow's task runner carries it out.
"""

import functools
import inspect
import threading
from asyncio import CancelledError
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

import prefect
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.filesystems import LocalFileSystem, RemoteFileSystem
from prefect.serializers import JSONSerializer
from prefect.states import Completed
from prefect.tasks import exponential_backoff
from prefect.utilities.importtools import from_qualified_name

from flows.engine.interrupt import STOPPED, Stopped, ending
from flows.engine.prefect_ui import PrefectUI
from flows.engine.task_runs import TaskRun, futures_in, promised_in
from flows.engine.wiring import refuse_wrong
from tasks.core import ui
from tasks.core.errors import CuveeError, Unreachable
from tasks.core.records import digest
from tasks.core.tasks import Task
from tasks.core.unseen import unseen_error
from tasks.manifests.manifest import Manifest
from tasks.store.products import StageTask, key_of
from tasks.store.runs import TaskNote
from tasks.store.storage import open_store

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
BESIDES = ("at_store", "subject")
"""Parameters that a Prefect task has beside those of ours."""

ui.plug(PrefectUI())  # here, since worker processes of Dask and Ray import this module with their first task


class Submitted:
    """Prefect task runs, concurrent where they do not wait for each other; see `Call`.

    Args:
        store: the store's URI; Prefect's results go to its `results/`.
        quiet: say nothing of each task that ends.
    """

    def __init__(self, store: str, *, quiet: bool = False) -> None:
        self.store, self.storage, self.quiet = store, result_storage(store), quiet
        self.runs: list[TaskRun] = []
        self.given_up: list[TaskRun] = []
        self.told: set[UUID] = set()
        self.telling = threading.Lock()

    def __call__(self, task: Task[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Submit `task`; gives a promise."""
        run = self._submit(task, *args, **kwargs)
        self.runs.append(run)
        if not self.quiet:
            run.future.add_done_callback(lambda _: self._tell(run))
        return cast("R", run)

    def now(self, task: Task[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Carry out a task that ends a flow, such as publishing; wait for it. It is in no record."""
        arguments = task.bind(*args, **kwargs)
        refuse_wrong(task, arguments)
        return as_prefect(task.of("")).with_options(task_run_name=task.title)(self.store, task.subject, **arguments)

    def _submit(self, task: Task[P, R], /, *args: P.args, **kwargs: P.kwargs) -> TaskRun:
        arguments = task.bind(*args, **kwargs)
        refuse_wrong(task, arguments)
        chosen = as_prefect(task.of("")).with_options(task_run_name=task.title)
        if isinstance(task, StageTask):
            chosen = chosen.with_options(result_storage=self.storage)
        future = chosen.submit(self.store, task.subject, **futures_in(arguments))
        return TaskRun(task, future, tuple(promised_in(arguments)))

    def attempt(self, task: Task[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Submit `task`; see `Call`."""
        return self(task, *args, **kwargs)

    def unreached(self, *results: object) -> Unreachable | None:
        """Wait for attempts; see `Call`."""
        attempts = [result for result in results if isinstance(result, TaskRun)]
        for attempt in attempts:
            if isinstance(error := attempt.error, Unreachable):
                self.given_up += attempts
                return error
        return None

    def result(self, value: T) -> T:
        """Wait for a promise, or a list of them."""
        if isinstance(value, list):
            return cast("T", [self.result(one) for one in cast("list[Any]", value)])
        return cast("T", value.future.result()) if isinstance(value, TaskRun) else value

    def completed(self, value: T) -> T | None:
        """Wait for a promise; gives nothing where its task run did not complete."""
        if not isinstance(value, TaskRun):
            return value
        value.future.wait()
        return value.future.result() if value.future.state.is_completed() else None

    def so_far(self, value: T) -> T | None:
        """Give what a promise has come to by now; nothing where its task run did not complete."""
        if not isinstance(value, TaskRun):
            return value
        return value.future.result() if value.completed else None

    def _tell(self, run: TaskRun) -> None:
        try:
            note = self._note(run)
        except CancelledError:  # the run was interrupted before this task began
            return
        with self.telling:
            if note.state != "notready" and run.future.task_run_id not in self.told:
                self.told.add(run.future.task_run_id)
                ui.tell(_line(note))

    def finish(self) -> None:
        """Wait for every task run and tell of it; raise what the failed ones raised."""
        for run in self.runs:
            run.future.wait()
            # Its callback may come later than this, with some runners after the end of the process.
            self._tell(run)
        failed = [run for run in self.runs if run not in self.given_up and run.stopped]
        errors = [run.error for run in failed]
        expected = [error for error in errors if isinstance(error, CuveeError)]
        if len(expected) > 1 and len(expected) == len(errors):
            raise type(expected[0])("\n".join(str(error) for error in expected)) from expected[0]
        for run in failed:
            run.future.result()

    def stopped(self, start: int, end: int | None = None) -> Exception | None:
        """Give the first error of the task runs with these numbers, in the order of the calls; None when all came to an
        end.
        """
        return next((run.error for run in self.runs[start:end] if run.stopped), None)

    def notes(self) -> list[TaskNote]:
        """Say of every task run what became of it, in the order of the calls."""
        return [self._note(run) for run in self.runs]

    def notes_so_far(self) -> list[TaskNote]:
        """Say of every task run of a run that ends now what has become of it; none is waited for."""
        return [self._note(run) if run.completed else self._note_of_unfinished(run) for run in self.runs]

    def _note_of_unfinished(self, run: TaskRun) -> TaskNote:
        begun = all(before.completed for before in run.inputs)
        return TaskNote.of(run.task.name, run.task.subject, "interrupted" if begun else "notready", None)

    def _note(self, run: TaskRun) -> TaskNote:
        product, state = self.completed(run), run.future.state
        outcome = "cached" if state.name == "Cached" else "run" if state.is_completed() else str(state.name).lower()
        outcome = "unreached" if run in self.given_up and product is None else outcome
        outcome = "interrupted" if isinstance(run.error, Stopped) else outcome
        return TaskNote.of(run.task.name, run.task.subject, outcome, product if isinstance(product, Manifest) else None)


def _line(note: TaskNote) -> str:
    took = f"{note.seconds:.1f} s" if note.state == "run" else ""
    how = note.how if note.state == "run" else ""
    return f"{note.name:<24} {note.subject:<16} {note.state:<9} {note.rows or '':>9} {took:>8}  {how}".rstrip()


@functools.cache
def as_prefect(task: Task[..., object]) -> prefect.Task[..., Any]:
    """Make the Prefect task of one of ours.

    Its parameters say no types: it is sent to the workers of a cluster with them, and classes made of others, such as
    `Manifest[RowsFacts]`, are found by name only in the module that first spoke of them.
    """
    first = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in BESIDES]
    own = (parameter.replace(annotation=inspect.Parameter.empty) for parameter in task.signature.parameters.values())
    signature = inspect.Signature([*first, *own])

    def run(*args: object, **kwargs: object) -> object:
        arguments = signature.bind(*args, **kwargs).arguments
        return carried_out(task, **arguments)

    def key(_context: object, arguments: dict[str, Any]) -> str:
        return key_with_product(task, **arguments)

    run.__name__, run.__doc__ = task.name, task.function.__doc__
    run.__dict__["__signature__"] = signature
    options: dict[str, Any] = {"cache_policy": NO_CACHE}
    if isinstance(task, StageTask):
        options = {"cache_key_fn": key, "persist_result": True, "result_serializer": SERIALIZER}
    return prefect.task(
        name=task.name,
        retries=task.retries,
        retry_delay_seconds=exponential_backoff(backoff_factor=1),
        retry_jitter_factor=0.5,
        retry_condition_fn=may_mend,
        **options,
    )(run)


def carried_out(task: Task[..., object], /, at_store: str, subject: str, **arguments: Any) -> Any:
    """Do a task's work inside its task run; what the store holds already ends it as *Cached*."""
    chosen = task.of(subject)
    product = chosen.lookup(at_store, **arguments) if isinstance(chosen, StageTask) else None
    if product is not None and TaskRunContext.get() is not None:
        return Completed(name="Cached", message="found in the store", data=product)
    try:
        return chosen.run(at_store, **arguments)
    except Exception as error:  # noqa: BLE001 (none of them may show what stays unseen)
        if ending():
            raise Stopped(STOPPED) from None
        raise unseen_error(error)  # noqa: B904 (what led to it goes with it, where it may be shown)


def key_with_product(task: Task[..., object], /, at_store: str, subject: str, **arguments: Any) -> str:
    """Give the content key of a call; where its product is gone, Prefect's result goes, too: a miss, not a crash."""
    chosen, home = cast("StageTask[..., Any]", task.of(subject)), open_store(at_store)
    key = key_of(chosen.stage, chosen.parts(**arguments))
    if home.exists(f"results/{key}") and home.lookup(chosen.stage, key, chosen.facts) is None:
        home.remove(f"results/{key}")
    return key


def may_mend(_task: object, _run: object, state: State[object]) -> bool:
    """Retry only what a second try can mend."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, Unreachable) and error.transient


def result_storage(store: str) -> LocalFileSystem | RemoteFileSystem:
    """Keep Prefect's results beside the products; credentials stay in the environment."""
    home = open_store(store)
    kind = LocalFileSystem if home.is_local else RemoteFileSystem
    block = kind(basepath=home.where("results"))
    block.save(f"cuvee-{digest(home.uri)[:12]}", overwrite=True)
    return block


def encoded(value: object) -> dict[str, object]:
    """Write a manifest into a result of Prefect's: with the class of its facts, by name."""
    if not isinstance(value, Manifest):
        raise TypeError(f"{type(value).__name__} is no result of a task")
    facts = type(value.facts)
    return {"facts_class": f"{facts.__module__}.{facts.__qualname__}", "manifest": value.model_dump(mode="json")}


def decoded(result: dict[str, Any]) -> object:
    """Read a manifest from a result of Prefect's; see `encoded`."""
    if set(result) != {"facts_class", "manifest"}:
        return result
    return Manifest[from_qualified_name(result["facts_class"])].model_validate(result["manifest"])


SERIALIZER = JSONSerializer(object_encoder=f"{__name__}.encoded", object_decoder=f"{__name__}.decoded")
