"""A run that is interrupted gets a last state in Prefect, and so do its task runs: `Running` would mislead people."""

import contextvars
from collections.abc import Callable
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.runtime import flow_run
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Crashed

from flows.engine.interrupt import STOPPED

ASKING = 2.0
"""Seconds for one answer: nobody waits long for a run to end."""
ABORTED = "Execution was aborted"
"""Prefect's words for a task run that a signal ended in its own thread."""


def telling() -> Callable[[], None]:
    """Give what tells Prefect, from any thread, that the run under way here was interrupted."""
    context, run = contextvars.copy_context(), UUID(str(flow_run.id))
    return lambda: context.copy().run(tell, run, STOPPED)


def tell(run: UUID, why: str) -> None:
    """Tell Prefect that a run was interrupted, where it knows no end of it.

    Raises:
        ObjectNotFound: it knows no such run.
        httpx.HTTPError: it does not answer.
    """
    with (
        temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}),
        get_client(httpx_settings={"timeout": ASKING}, sync_client=True) as client,
    ):
        state = client.read_flow_run(run).state
        _tell_of_tasks(client, run, why)
        if state is None or state.type in (StateType.RUNNING, StateType.PENDING):
            client.set_flow_run_state(run, _interrupted(why), force=True)


def _tell_of_tasks(client: SyncPrefectClient, run: UUID, why: str) -> None:
    types = TaskRunFilterStateType(any_=[StateType.RUNNING, StateType.FAILED, StateType.CRASHED])
    found = client.read_task_runs(
        flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run])),
        task_run_filter=TaskRunFilter(state=TaskRunFilterState(type=types)),
    )
    for task in found:
        said = (task.state and task.state.message) or ""
        if task.state_type == StateType.RUNNING or STOPPED in said or said.startswith(ABORTED):
            client.set_task_run_state(task.id, _interrupted(why), force=True)


def _interrupted(why: str) -> State[None]:
    return Crashed(name="Interrupted", message=why)
