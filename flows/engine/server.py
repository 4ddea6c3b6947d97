"""A Prefect server and the deployments of `deployments/prefect.yaml` on this machine, until Ctrl-C.

    CUVEE_PORT=4200 python -m flows.engine.server

On a machine with workers, `prefect deploy` reads the same file instead.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import httpx
import typer
import yaml

from flows.engine.reports import ADDRESS

DEPLOYMENTS = Path("deployments/prefect.yaml")
SETTINGS = {"PREFECT_PLUGINS_ENABLED": "false", "PREFECT_RUNNER_POLL_FREQUENCY": "2", "DO_NOT_TRACK": "1"}
PATIENCE = 120
"""Seconds that the server may take to start, and either process to stop."""


def main() -> None:
    """Start the server, serve every deployment, stop both at Ctrl-C or SIGTERM: the runs first, the server last."""
    if not DEPLOYMENTS.is_file():
        raise SystemExit(f"there is no {DEPLOYMENTS} here; start this in the checkout")
    port = os.environ.get("CUVEE_PORT", "4200")
    api = f"http://127.0.0.1:{port}/api"
    # The UI asks the server for the API's address, which the server makes of this setting and not of its `--port`.
    os.environ |= SETTINGS | {"PREFECT_SERVER_API_PORT": port, "PREFECT_API_URL": api}
    if _answers(api):
        raise SystemExit(f"port {port} is taken; choose another: CUVEE_PORT=4300 make serve")
    os.environ.setdefault(ADDRESS, f"http://127.0.0.1:{int(port) + 1}")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    with contextlib.suppress(KeyboardInterrupt), _process("-m", "prefect", "server", "start", quiet=True) as server:
        _wait_for(server, api)
        _end_unfinished(api, "left by a server that is gone")
        try:
            serve = "from flows.engine.server import serve_deployments; serve_deployments()"
            with _process("-m", "flows.engine.reports"), _process("-c", serve) as runner:
                runner.wait()
        finally:
            _end_unfinished(api, "stopped with the server")


def serve_deployments() -> None:
    """Run what is asked of the deployments, and their schedules, until interrupted."""
    from prefect.runner import Runner

    settings_of_each = yaml.safe_load(DEPLOYMENTS.read_text("utf-8"))["deployments"]
    deployments = [_deployment(settings) for settings in settings_of_each]
    runner = Runner(pause_on_shutdown=False, limit=1)
    for deployment in deployments:
        runner.add_deployment(deployment)
    names = ", ".join(f"{deployment.flow_name}/{deployment.name}" for deployment in deployments)
    url = os.environ["PREFECT_API_URL"].removesuffix("/api")
    typer.echo(f"Serving {names}\nStart and watch runs at {url}/v2/deployments · Ctrl-C stops runs and server")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(runner.start())


def _deployment(settings: dict[str, Any]) -> Any:
    from prefect.client.schemas.objects import ConcurrencyLimitConfig
    from prefect.client.schemas.schedules import CronSchedule
    from prefect.flows import load_flow_from_entrypoint

    flow = load_flow_from_entrypoint(settings["entrypoint"], use_placeholder_flow=False)
    return flow.to_deployment(
        name=settings["name"],
        description=settings["description"],
        parameters=settings["parameters"],
        concurrency_limit=ConcurrencyLimitConfig(**settings["concurrency_limit"]),
        schedules=[
            CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
            for schedule in settings.get("schedules", [])
        ],
    )


def _interrupt(_signal: int, _frame: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextlib.contextmanager
def _process(*words: str, quiet: bool = False) -> Generator[subprocess.Popen[bytes]]:
    """Run Python in a group of processes of its own, so that Ctrl-C reaches it only when its turn has come."""
    command = [sys.executable, *words]
    out = subprocess.DEVNULL if quiet else None
    process = subprocess.Popen(command, stdout=out, start_new_session=True)  # noqa: S603 (our own interpreter)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(PATIENCE)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait_for(server: subprocess.Popen[bytes], api: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _answers(api):
        if server.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("the Prefect server did not start; its own words are above")
        time.sleep(0.2)


def _answers(api: str) -> bool:
    try:
        httpx.get(f"{api}/health", timeout=2)
    except httpx.HTTPError:
        return False
    return True


def _end_unfinished(api: str, why: str) -> None:
    """Mark runs of deployments that nobody carries on as crashed, and what they were at; a run that never ends would
    bar the next one for ever.
    """
    unfinished = {
        "flow_runs": {
            "state": {"type": {"any_": ["RUNNING", "PENDING", "CANCELLING"]}},
            "deployment_id": {"is_null_": False},
        }
    }
    crashed = {"state": {"type": "CRASHED", "name": "Crashed", "message": why}, "force": True}
    for run in _post(f"{api}/flow_runs/filter", unfinished):
        under_way = {
            "flow_runs": {"id": {"any_": [run["id"]]}},
            "task_runs": {"state": {"type": {"any_": ["RUNNING"]}}},
        }
        for task in _post(f"{api}/task_runs/filter", under_way):
            _post(f"{api}/task_runs/{task['id']}/set_state", crashed)
        _post(f"{api}/flow_runs/{run['id']}/set_state", crashed)


def _post(url: str, body: Mapping[str, object]) -> Any:
    return httpx.post(url, json=body, timeout=30).raise_for_status().json()


if __name__ == "__main__":
    main()
