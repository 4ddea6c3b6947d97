"""The whole pipeline by the command line, on a bucket and through an interruption."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def cuvee(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows.cli.main", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False)


def summary_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_bucket_holds_everything_and_the_second_run_is_cached(
    tiny_recipe: Path, prefect_env: dict[str, str], bucket: str
) -> None:
    import s3fs

    environment = dict(os.environ) | {"PREFECT_API_URL": prefect_env["PREFECT_API_URL"]}
    first = summary_of(cuvee(environment, "run", str(tiny_recipe), "--store", f"{bucket}/lake", "--json"))
    again = summary_of(cuvee(environment, "run", str(tiny_recipe), "--store", f"{bucket}/lake", "--json"))
    assert first["tasks"]["cached"] == 0
    assert again["tasks"]["cached"] >= 15
    assert again["mix"] == first["mix"]
    assert again["metrics"] == first["metrics"]
    there = s3fs.S3FileSystem().find(f"{bucket}/lake")
    assert not [name for name in there if "checkpoint" in name]
    for part in (
        "results/",
        "mixes/tiny/latest.json",
        "models/tiny/latest.json",
        "/model.safetensors",
        "/report.html",
        "/run.json",
    ):
        assert [name for name in there if part in name], part


@pytest.mark.usefixtures("cold")
def test_ctrl_c_ends_a_training_at_once_and_the_same_command_goes_on(
    tiny_recipe: Path, prefect_env: dict[str, str], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    command = [
        sys.executable,
        "-m",
        "flows.cli.main",
        "run",
        str(tiny_recipe),
        "--store",
        str(store),
        "--set",
        "train.epochs=60",
        "--set",
        "mix.max_epochs=500",
    ]
    with subprocess.Popen(
        [*command, "--json"], cwd=ROOT, env=prefect_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        deadline = time.monotonic() + 300
        while (
            not list(store.glob("scratch/train-*/checkpoints/checkpoint-*/trainer_state.json"))
            and run.poll() is None
            and time.monotonic() < deadline
        ):
            time.sleep(0.1)
        run.send_signal(signal.SIGINT)
        _, told = run.communicate(timeout=60)
    assert run.returncode == 130, told[-2000:]
    assert "the same command goes on where it stopped" in told
    assert [json.loads(run.read_text())["status"] for run in store.glob("runs/*/*/run.json")] == ["interrupted"]
    summary = summary_of(cuvee(prefect_env, *command[3:], "--json"))
    assert summary["tasks"]["cached"] >= 15
    assert summary["model"]
