"""What people read of a flow run in Prefect: a name that tells what it does, tags to look for, and how it ended."""

import re
from collections.abc import Iterable
from typing import TypeVar, cast
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.runtime import deployment, flow_run
from prefect.states import Completed

from tasks.recipe.model import Recipe

R = TypeVar("R")
MADE_UP = re.compile(r"[A-Za-z]+-[A-Za-z]+")
"""The names that Prefect and its form make up, such as Licensed-Turkey; any other was given by a person and stays."""
SCHEDULED = "auto-scheduled"
"""Prefect's own tag for what a schedule started."""


def run_title(recipe: Recipe, doing: str = "") -> str:
    """Name a flow run: the recipe, what is done with it (the size of its mix, unless said), how many sources it has."""
    mix, count = recipe.mix, len(recipe.mixed)
    size = f"all {mix.unit}" if mix.size == "all" else f"{mix.size:,} {mix.unit}"
    return " · ".join((recipe.name, doing or size, "1 source" if count == 1 else f"{count:,} sources"))


def name_run(title: str, tags: Iterable[str]) -> None:
    """Give the flow run under way here a name, unless a person has given one, and tags beside those it has."""
    with get_client(sync_client=True) as client:
        client.update_flow_run(
            UUID(str(flow_run.id)),
            name=title if MADE_UP.fullmatch(str(flow_run.name)) else None,
            tags=_beside(flow_run.tags or (), [*tags, f"started by {_starter()}"]),
        )


def ended(result: R, told: str, tags: Iterable[str]) -> R:
    """Tag the flow run under way here with what came of it, and give what its function has to return.

    Prefect shows `told` as the last state's message, and hands callers of the flow `result`.
    """
    run = UUID(str(flow_run.id))
    with get_client(sync_client=True) as client:
        client.update_flow_run(run, tags=_beside(client.read_flow_run(run).tags, tags))
    return cast("R", Completed(data=result, message=told))


def _beside(there: Iterable[str], more: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*there, *more]))


def _starter() -> str:
    if not deployment.id:
        return "command line"
    return "schedule" if SCHEDULED in (flow_run.tags or ()) else "person or API"
