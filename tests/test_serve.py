"""`make serve`: one command starts server and deployments, Ctrl-C ends all of it, and nothing is left that bars the next run."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psutil
import pytest
import yaml

ROOT = Path(__file__).parents[1]
FLOW = """
import time
from prefect import flow

@flow
def sleepy(seconds: int) -> None:
    time.sleep(seconds)
"""
DEPLOYMENTS = """
deployments:
  - {name: now, description: On demand., entrypoint: "sleepy.py:sleepy", parameters: {seconds: 600}, concurrency_limit: &one {limit: 1, collision_strategy: CANCEL_NEW}}
  - name: nightly
    description: Every night.
    entrypoint: sleepy.py:sleepy
    parameters: {seconds: 600}
    schedules: [{cron: "30 2 * * *", timezone: Europe/Berlin, slug: nightly}]
    concurrency_limit: *one
"""  # fmt: skip # noqa: E501


LEASES = "prefect.server.concurrency.lease_storage.filesystem"


class Served:
    """`python -m flows.serve` in a folder of its own.

    Attributes:
        api: the server's URL.
    """

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.folder, self.api, self.log = folder, f"http://127.0.0.1:{port}/api", folder / "serve.log"
        home = {"CUVEE_PORT": str(port), "PREFECT_HOME": str(folder / "prefect"), "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES}
        self.env = dict(os.environ) | home
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "flows.serve"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, env=self.env, stdout=log, stderr=log, start_new_session=True)
        wait(lambda: "Serving" in self.log.read_text() or self.process.poll() is not None, self.log)

    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.api}/{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def start_run(self) -> str:
        deployment = self.ask("deployments/name/sleepy/now")
        return self.ask(f"deployments/{deployment['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}})["id"]

    def state(self, run: str) -> str:
        return self.ask(f"flow_runs/{run}")["state"]["type"]


def wait(until: Callable[[], Any], log: Path, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "deployments").mkdir()
    (folder / "deployments/prefect.yaml").write_text(DEPLOYMENTS)
    (folder / "sleepy.py").write_text(FLOW)
    return folder


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    served = Served(folder)
    yield served
    served.process.terminate()
    served.process.wait(60)


def test_the_ui_finds_the_api_on_the_port_that_was_asked_for(served: Served) -> None:
    with urllib.request.urlopen(served.api.removesuffix("/api") + "/ui-settings", timeout=30) as answer:
        assert json.load(answer)["api_url"] == served.api


def test_the_schedule_makes_runs_at_its_hour_in_its_time_zone(served: Served) -> None:
    scheduled = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    wait(lambda: served.ask("flow_runs/filter", scheduled), served.log)
    times = [datetime.fromisoformat(run["expected_start_time"]) for run in served.ask("flow_runs/filter", scheduled)]
    assert {time.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") for time in times} == {"02:30"}


def test_a_taken_port_is_said_at_once(served: Served, folder: Path) -> None:
    env = dict(os.environ) | {"CUVEE_PORT": served.api.split(":")[-1].removesuffix("/api")}
    done = subprocess.run([sys.executable, "-m", "flows.serve"], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "is taken; choose another" in done.stderr


def test_one_run_at_a_time_and_neither_a_kill_nor_an_interrupt_leaves_anything_behind(served: Served) -> None:
    """One story, since each start of a server costs seconds: run, second run, kill -9, start again, run, Ctrl-C."""
    first = served.start_run()
    wait(lambda: served.state(first) == "RUNNING", served.log)
    second = served.start_run()
    wait(lambda: served.state(second) == "CANCELLED", served.log)
    for process in [*served.processes(), served.process]:
        process.kill()
    served.process.wait()

    served.start()
    assert served.state(first) == "CRASHED"
    third = served.start_run()
    wait(lambda: served.state(third) == "RUNNING", served.log)
    below = served.processes()
    assert len(below) >= 3, "server, runner and run"
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(60) == 0, served.log.read_text()
    assert not [process for process in below if process.is_running()]
    assert "Traceback" not in served.log.read_text()


def test_the_deployments_of_the_project_fit_their_flow() -> None:
    from flows.serve import _deployment

    wanted = yaml.safe_load((ROOT / "deployments/prefect.yaml").read_text())["deployments"]
    for settings in wanted:
        deployment = _deployment(settings | {"entrypoint": f"{ROOT}/{settings['entrypoint']}"})
        assert deployment.concurrency_limit == 1
        assert (ROOT / settings["parameters"]["recipe"]).is_file()
    assert [one["name"] for one in wanted if one.get("schedules")] == ["nightly-mix"]
