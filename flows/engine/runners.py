"""Where the tasks of a run are carried out: threads of this process, or a Dask or Ray cluster; the products are the
same bytes.
"""

import os
from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from tasks.core.errors import RecipeError
from tasks.core.suggest import nearest

THREADS = 16
RUNNERS = ("threads", "dask", "ray")
QUIET_DASK = {"processes": True, "threads_per_worker": 1, "dashboard_address": None}
QUIET_RAY = {"include_dashboard": False, "log_to_driver": False}


def runner_named(wanted: str) -> TaskRunner[Any]:
    """Give the task runner that `wanted` names: `threads`, `dask`, `ray`, or `dask=ADDRESS`, `ray=ADDRESS` for a
    cluster that is there.

    Without an address a cluster of this machine's cores is started and ends with the run. One elsewhere must reach the
    same store and the same sources, and have this package installed.

    Raises:
        RecipeError: there is no such runner, or its extra is not installed.
    """
    name, _, address = wanted.partition("=")
    if name not in RUNNERS or (name == "threads" and address):
        raise RecipeError(
            f"runner {wanted!r}: want threads, dask, ray, dask=ADDRESS or ray=ADDRESS;{nearest(name, RUNNERS)}"
        )
    if name == "threads":
        return ThreadPoolTaskRunner(max_workers=THREADS)
    try:
        return _dask(address) if name == "dask" else _ray(address)
    except ImportError as error:
        raise RecipeError(
            f"runner {name!r} needs the extra of that name: pip install 'cuvee[{name}]' ({error})"
        ) from None


def _dask(address: str) -> TaskRunner[Any]:
    from prefect_dask.task_runners import DaskTaskRunner

    return DaskTaskRunner(address=address) if address else DaskTaskRunner(cluster_kwargs=QUIET_DASK)


def _ray(address: str) -> TaskRunner[Any]:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from prefect_ray.task_runners import RayTaskRunner

    return RayTaskRunner(address=address) if address else RayTaskRunner(init_kwargs=QUIET_RAY)
