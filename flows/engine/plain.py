"""Calls as plain functions of this process, without Prefect."""

from typing import Any

from prefect import Task

from tasks.core.errors import Unreachable


class Plain:
    """Function calls in this process, without Prefect."""

    def __call__(self, task: Task[..., Any], *arguments: Any) -> Any:
        """Call the function under `task`."""
        return task.fn(*arguments)

    def attempt(self, task: Task[..., Any], *arguments: Any) -> Any:
        """Call the function under `task`; gives the error when something cannot be reached."""
        if error := self.unreached(*arguments):
            return error
        try:
            return self(task, *arguments)
        except Unreachable as error:
            return error

    def unreached(self, *made: Any) -> Unreachable | None:
        """Find the first error among what was made; see `Call`."""
        return next((one for one in made if isinstance(one, Unreachable)), None)
