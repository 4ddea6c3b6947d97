"""The same recipe again: after one changed character, twice at once, after a kill, after its data is gone."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ONLY_MIX = ("--until", "mix")


def command(recipe: Path, store: Path | str, *more: str) -> list[str]:
    return [sys.executable, "-m", "flows.cli.main", "run", str(recipe), "--store", str(store), "--json", *more]


def ran(recipe: Path, store: Path | str, environment: dict[str, str], *more: str, code: int = 0) -> dict[str, Any]:
    done = subprocess.run(
        command(recipe, store, *more),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == code, done.stderr[-2000:]
    return json.loads(done.stdout)


def outcomes(store: Path, summary: dict[str, Any]) -> dict[str, set[str]]:
    record = json.loads((store / f"runs/tiny/{summary['run']}/run.json").read_bytes())
    found: dict[str, set[str]] = {"run": set(), "cached": set()}
    for note in record["tasks"]:
        found[note["state"]].add(f"{note['name']} {note['subject']}")
    return found


def test_one_changed_character_makes_only_its_source_and_what_follows(
    tiny_recipe: Path, prefect_env: dict[str, str], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    first = ran(tiny_recipe, store, prefect_env, *ONLY_MIX)
    file = tiny_recipe.parent / "demo/data/social.jsonl"
    before = file.read_bytes()
    file.write_bytes(before.replace(b" the ", b" thy ", 1))
    assert file.read_bytes() != before
    again = outcomes(store, ran(tiny_recipe, store, prefect_env, *ONLY_MIX))
    for other in ("news", "papers"):
        assert {f"ingest-source {other}", f"clean-source {other}"} <= again["cached"]
    assert {"ingest-source social", "clean-source social", "deduplicate-sources pool", "write-mix mix"} <= again["run"]
    assert first["tasks"]["cached"] == 0


def test_two_runs_at_the_same_time_succeed_with_one_result(
    tiny_recipe: Path, prefect_env: dict[str, str], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    runs = [
        subprocess.Popen(
            command(tiny_recipe, store, *ONLY_MIX),
            cwd=ROOT,
            env=prefect_env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [run.communicate(timeout=400) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], [text[1][-1000:] for text in told]
    first, second = (json.loads(text[0]) for text in told)
    assert first["mix"] == second["mix"]
    assert len([folder for folder in (store / "mixes/tiny").iterdir() if folder.is_dir()]) == 1


def test_killed_run_leaves_nothing_half_made_and_the_same_command_finishes(
    tiny_recipe: Path, prefect_env: dict[str, str], tmp_path: Path
) -> None:
    store, calm = tmp_path / "store", tmp_path / "calm"
    with subprocess.Popen(
        command(tiny_recipe, store, *ONLY_MIX),
        cwd=ROOT,
        env=prefect_env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as run:
        deadline = time.monotonic() + 200
        while not list(store.glob("snapshots/clean/*")) and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(run.pid, signal.SIGKILL)
    assert not (store / "mixes/tiny/latest.json").exists()
    finished, undisturbed = (
        ran(tiny_recipe, store, prefect_env, *ONLY_MIX),
        ran(tiny_recipe, calm, prefect_env, *ONLY_MIX),
    )
    assert finished["mix"]["sha256"] == undisturbed["mix"]["sha256"]
    assert finished["receipt"] == undisturbed["receipt"]


@pytest.mark.parametrize("lost", ["results", "snapshots/clean", "snapshots"])
def test_what_was_deleted_is_made_again(
    tiny_recipe: Path, prefect_env: dict[str, str], tmp_path: Path, lost: str
) -> None:
    store = tmp_path / "store"
    first = ran(tiny_recipe, store, prefect_env, *ONLY_MIX)
    shutil.rmtree(store / lost)
    assert ran(tiny_recipe, store, prefect_env, *ONLY_MIX)["mix"] == first["mix"]


@pytest.mark.parametrize("where", ["/proc/cuvee", "s3://no-such-bucket/lake"])
def test_store_that_cannot_be_written_is_told_at_once(
    tiny_recipe: Path, prefect_env: dict[str, str], bucket: str, where: str
) -> None:
    environment = dict(os.environ) | {"PREFECT_API_URL": prefect_env["PREFECT_API_URL"]}
    told = ran(tiny_recipe, where, environment, code=4)["error"]
    assert where.removeprefix("s3://").split("/")[0] in told or where in told
    assert "Traceback" not in told
    assert bucket
