"""A task run of Prefect as a promise, and the promises inside a value."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from prefect.futures import PrefectFuture

from flows.engine.calls import Promise
from tasks.core.tasks import Task


@dataclass
class TaskRun(Promise):
    """A task run of Prefect, and a promise of what it gives.

    Attributes:
        inputs: the promises that it waits for.
        over: it came to an end.
    """

    task: Task[..., object]
    future: PrefectFuture[Any]
    inputs: tuple["TaskRun", ...] = ()
    over: threading.Event = field(default_factory=threading.Event)

    __repr__ = Promise.__repr__

    def __post_init__(self) -> None:
        self.future.add_done_callback(lambda _: self.over.set())

    @property
    def completed(self) -> bool:
        """Whether it has given what it should by now."""
        if not self.over.is_set():
            return False
        self.future.wait()  # else its state is asked of Prefect's server, which may be what is gone
        return self.future.state.is_completed()

    @property
    def stopped(self) -> bool:
        """Whether it came to another end than it should."""
        self.future.wait()
        return self.future.state.is_failed() or self.future.state.is_crashed()

    @property
    def error(self) -> Exception | None:
        """What stopped it, if anything did."""
        return self.future.state.result(raise_on_failure=False) if self.stopped else None


def futures_in(value: object) -> Any:
    """Give Prefect its own futures for the promises in a value."""
    if isinstance(value, TaskRun):
        return value.future
    if isinstance(value, list | tuple):
        return type(value)(futures_in(item) for item in value)
    if isinstance(value, dict):
        return {name: futures_in(item) for name, item in value.items()}
    return value


def promised_in(value: object) -> Iterator[TaskRun]:
    """Give the promises in a value."""
    if isinstance(value, TaskRun):
        yield value
    elif isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from promised_in(item)
