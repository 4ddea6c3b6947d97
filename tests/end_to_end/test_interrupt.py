"""Ctrl-C, SIGTERM, and a Prefect server that dies in the middle of a training: the run ends at once, says so, and
leaves nothing that goes on."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flows.engine.interrupt import PATIENCE, SAVING
from tests.conftest import prefect_home

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("cold")]
STATES = "select r.name, r.state_type, r.state_name, s.message from {0} r join {0}_state s on s.id = r.state_id"


class Running:
    """A run in the middle of a training that takes minutes.

    Attributes:
        home: Prefect's home of this run alone.
        below: its processes.
    """

    def __init__(self, recipe: Path, folder: Path, way: str = "cuvee", **settings: str) -> None:
        self.store, self.home, self.way = folder / "store", folder / "home", way
        sets = {"train.epochs": 300, "mix.max_epochs": 500}
        parameters = {"recipe": recipe, "store": self.store, "overrides": json.dumps(sets)}
        words = {
            "cuvee": ["-m", "flows.cli.main", "run", str(recipe), "--store", str(self.store), "--json"]
            + [word for path, value in sets.items() for word in ("--set", f"{path}={value}")],
            "prefect": ["-m", "prefect", "flow", "run", "flows/pipeline.py:pipeline"]
            + [f"-p{name}={value}" for name, value in parameters.items()],
        }
        env = dict(os.environ) | {"PREFECT_HOME": prefect_home(self.home)} | settings
        self.process = subprocess.Popen(
            [sys.executable, *words[way]], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        deadline = time.monotonic() + 300
        saved = "scratch/train-*/checkpoints/checkpoint-*/trainer_state.json"
        while not list(self.store.glob(saved)) and time.monotonic() < deadline:
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.1)
        self.below = psutil.Process(self.process.pid).children(recursive=True)

    def server(self) -> psutil.Process:
        return next(child for child in self.below if "flows.engine.temporary_server" in child.cmdline())

    def ended(self) -> tuple[int, str, str]:
        """Wait for the end: exit code, stdout, stderr; it must come when it is due, and end all below."""
        began = time.monotonic()
        out, err = self.process.communicate(timeout=60)
        assert time.monotonic() - began < SAVING + PATIENCE + 5, err
        _, alive = psutil.wait_procs(self.below, timeout=5)
        assert not alive
        return self.process.returncode, out, err

    def states(self, kind: str) -> list[tuple[str, str, str, str]]:
        """Give name, type and name of the state, and its message, of what Prefect keeps."""
        with sqlite3.connect(self.home / "prefect.db") as database:
            return database.execute(STATES.format(kind)).fetchall()


@pytest.fixture
def tiny(tiny_recipe: Path) -> Iterator[Path]:
    yield tiny_recipe


@pytest.mark.parametrize(
    ("number", "way"), [(signal.SIGTERM, "cuvee"), (signal.SIGINT, "cuvee"), (signal.SIGTERM, "prefect")]
)
def test_a_signal_ends_run_training_and_server_and_says_so_everywhere(
    number: signal.Signals, way: str, tiny: Path, tmp_path: Path
) -> None:
    run = Running(tiny, tmp_path, way)
    assert run.server().is_running()
    run.process.send_signal(number)
    code, out, err = run.ended()
    assert code == 128 + number, err
    assert err.strip().splitlines()[-1].endswith("interrupted; the same command goes on where it stopped")
    if way == "cuvee":
        assert json.loads(out) == {
            "status": "interrupted",
            "error": "interrupted; the same command goes on where it stopped",
            "exit_code": 128 + number,
        }
    assert [state[1] for state in run.states("flow_run")] == ["CRASHED"]
    assert "RUNNING" not in [state[1] for state in run.states("task_run")]
    cut = [state for state in run.states("task_run") if state[2] == "Interrupted"]
    assert [(name, said) for name, _, _, said in cut] == [
        ("train-model model", "interrupted; the same command goes on where it stopped")
    ]
    record = json.loads(next(run.store.glob("runs/tiny/*/run.json")).read_text())
    assert record["status"] == "interrupted"
    tasks = {(task["name"], task["subject"]): task["state"] for task in record["tasks"]}
    assert tasks["train-model", "model"] == "interrupted"
    assert tasks["evaluate-model", "model"] == "notready"
    assert tasks["write-mix", "mix"] == "run"
    listed = subprocess.run(
        [sys.executable, "-m", "flows.cli.main", "runs", "--store", str(run.store)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "interrupted" in listed.stdout


def test_a_temporary_server_that_dies_in_the_middle_ends_the_run(tiny: Path, tmp_path: Path) -> None:
    run = Running(tiny, tmp_path, PREFECT_HOME=str(tmp_path / "none"))  # as on a machine that Prefect has never run on
    run.server().kill()
    code, out, err = run.ended()
    assert code == 4, err
    told = json.loads(out)
    assert (told["status"], told["exit_code"]) == ("failed", 4)
    assert "the temporary Prefect server ended in the middle of the run (exit code -9" in told["error"]
    assert "the same command goes on where it stopped" in told["error"]
    assert len(err.splitlines()) < 60, "no flood"
    record = json.loads(next(run.store.glob("runs/tiny/*/run.json")).read_text())
    assert (record["status"], record["error"]) == ("failed", told["error"])


def test_a_run_that_is_killed_takes_its_temporary_server_with_it(tiny: Path, tmp_path: Path) -> None:
    run = Running(tiny, tmp_path)
    run.process.kill()
    code, _, _ = run.ended()
    assert code == -signal.SIGKILL
