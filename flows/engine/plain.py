"""Calls as plain functions of this process, without Prefect."""

from typing import ParamSpec, TypeVar, cast

from flows.engine.wiring import refuse_wrong
from tasks.core.errors import Unreachable
from tasks.core.tasks import Task

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Plain:
    """Function calls in this process, without Prefect; see `Call`.

    Args:
        store: URI of the store that products go to.
    """

    def __init__(self, store: str = "") -> None:
        self.store = store

    def __call__(self, task: Task[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function under `task`."""
        refuse_wrong(task, task.bind(*args, **kwargs))
        return task.run(self.store, *args, **kwargs)

    def attempt(self, task: Task[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function under `task`; gives the error when something cannot be reached."""
        if error := self.unreached(*args, *kwargs.values()):
            return cast("R", error)
        try:
            return self(task, *args, **kwargs)
        except Unreachable as error:
            return cast("R", error)

    def unreached(self, *results: object) -> Unreachable | None:
        """Find the first error among what was made; see `Call`."""
        return next((result for result in results if isinstance(result, Unreachable)), None)

    def result(self, value: T) -> T:
        """Give it as it is: nothing here is waited for."""
        return value
