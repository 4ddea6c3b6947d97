"""A flow as Prefect knows it that, called by whomever, has a server that answers and ends in order when interrupted."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from prefect import Flow
from prefect.context import FlowRunContext
from prefect.task_runners import TaskRunner

from flows.engine.interrupt import CODES, do_duties, ending, heeding, say
from flows.engine.reach import answering, drain

P = ParamSpec("P")
R = TypeVar("R")


class ServedFlow(Flow[P, R]):
    """A flow that is not begun before Prefect's API answers."""

    if not TYPE_CHECKING:  # Prefect's own types tell what a call gives

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            """Run the flow here and now."""
            if FlowRunContext.get() is not None:
                return super().__call__(*args, **kwargs)
            with heeding(), answering():
                return _ended_in_order(lambda: super(ServedFlow, self).__call__(*args, **kwargs))

    def with_options(self, **options: Any) -> "ServedFlow[P, R]":  # pyright: ignore[reportIncompatibleMethodOverride]
        """Give the flow with other options."""
        chosen = super().with_options(**options)
        chosen.__class__ = ServedFlow  # Prefect makes a plain one
        return cast("ServedFlow[P, R]", chosen)


def _ended_in_order(run: Callable[[], R]) -> R:
    """Run a flow; when it is interrupted, tell people and Prefect."""
    try:
        return run()
    except (KeyboardInterrupt, SystemExit):
        if (how := ending()) and how.code in CODES.values():
            say(how.code)
            drain()
            do_duties()
        raise


def flow(name: str, task_runner: TaskRunner[Any]) -> Callable[[Callable[P, R]], ServedFlow[P, R]]:
    """Make a flow of a function; what it gives stays in this process."""
    return lambda function: ServedFlow(function, name=name, task_runner=task_runner, persist_result=False)
