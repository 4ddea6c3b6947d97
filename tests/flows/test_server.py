"""`make serve`: one command starts server and deployments, Ctrl-C ends all of it, and nothing is left that bars the
next run."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

ROOT = Path(__file__).parents[2]
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "deployments").mkdir()
    (folder / "deployments/prefect.yaml").write_text(DEPLOYMENTS)
    (folder / "sleepy.py").write_text(FLOW)
    return folder


@pytest.fixture(scope="module")
def served(folder: Path, serve: type) -> Iterator[Any]:
    served = serve(folder)
    yield served
    served.process.terminate()
    served.process.wait(60)


def test_the_ui_finds_the_api_on_the_port_that_was_asked_for(served: Any) -> None:
    with urllib.request.urlopen(served.api.removesuffix("/api") + "/ui-settings", timeout=30) as answer:
        assert json.load(answer)["api_url"] == served.api


def test_the_schedule_makes_runs_at_its_hour_in_its_time_zone(served: Any) -> None:
    scheduled = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    served.wait(lambda: served.ask("flow_runs/filter", scheduled))
    times = [datetime.fromisoformat(run["expected_start_time"]) for run in served.ask("flow_runs/filter", scheduled)]
    assert {time.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") for time in times} == {"02:30"}


def test_a_taken_port_is_said_at_once(served: Any, folder: Path) -> None:
    env = dict(os.environ) | {"CUVEE_PORT": served.api.split(":")[-1].removesuffix("/api")}
    done = subprocess.run(
        [sys.executable, "-m", "flows.engine.server"], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "is taken; choose another" in done.stderr


@pytest.mark.slow
def test_one_run_at_a_time_and_neither_a_kill_nor_an_interrupt_leaves_anything_behind(served: Any) -> None:
    """One story, since each start of a server costs seconds: run, second run, kill -9, start again, run, Ctrl-C."""
    first = served.start_run("sleepy/now")
    served.wait(lambda: served.state(first) == "RUNNING")
    second = served.start_run("sleepy/now")
    served.wait(lambda: served.state(second) == "CANCELLED")
    for process in [*served.processes(), served.process]:
        process.kill()
    served.process.wait()

    served.start()
    assert served.state(first) == "CRASHED"
    third = served.start_run("sleepy/now")
    served.wait(lambda: served.state(third) == "RUNNING")
    below = served.processes()
    assert len(below) >= 3, "server, runner and run"
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(60) == 0, served.log.read_text()
    assert not [process for process in below if process.is_running()]
    assert "Traceback" not in served.log.read_text()


def test_the_deployments_of_the_project_fit_their_flow() -> None:
    from flows.engine.server import _deployment

    wanted = yaml.safe_load((ROOT / "deployments/prefect.yaml").read_text())["deployments"]
    for settings in wanted:
        deployment = _deployment(settings | {"entrypoint": f"{ROOT}/{settings['entrypoint']}"})
        assert deployment.concurrency_limit == 1
        assert (ROOT / settings["parameters"]["recipe"]).is_file()
    assert [one["name"] for one in wanted if one.get("schedules")] == ["nightly-mix"]
