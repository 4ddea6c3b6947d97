"""The same recipe again: after one changed character, twice at once, after a kill, after its data is gone."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

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


class First(NamedTuple):
    """A run of a recipe in a store that was empty, and what it said."""

    recipe: Path
    store: Path
    said: dict[str, Any]


@pytest.fixture(scope="module")
def first(
    tmp_path_factory: pytest.TempPathFactory, write_tiny_recipe: Callable[[Path], Path], prefect_server: str
) -> First:
    """The run that others are compared with; who changes its data puts it back."""
    folder = tmp_path_factory.mktemp("first")
    recipe, environment = write_tiny_recipe(folder), dict(os.environ) | {"PREFECT_API_URL": prefect_server}
    return First(recipe, folder / "store", ran(recipe, folder / "store", environment, *ONLY_MIX))


def test_one_changed_character_makes_only_its_source_and_what_follows(
    first: First, prefect_env: dict[str, str]
) -> None:
    file = first.recipe.parent / "demo/data/social.jsonl"
    before = file.read_bytes()
    file.write_bytes(before.replace(b" the ", b" thy ", 1))
    assert file.read_bytes() != before
    again = outcomes(first.store, ran(first.recipe, first.store, prefect_env, *ONLY_MIX))
    file.write_bytes(before)
    for other in ("news", "papers"):
        assert {f"ingest-source {other}", f"clean-source {other}"} <= again["cached"]
    assert {"ingest-source social", "clean-source social", "deduplicate-sources pool", "write-mix mix"} <= again["run"]
    assert first.said["tasks"]["cached"] == 0


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


@pytest.mark.usefixtures("cold")
def test_killed_run_leaves_nothing_half_made_and_the_same_command_finishes(
    first: First, prefect_env: dict[str, str], tmp_path: Path
) -> None:
    store = tmp_path / "store"
    with subprocess.Popen(
        command(first.recipe, store, *ONLY_MIX),
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
    finished = ran(first.recipe, store, prefect_env, *ONLY_MIX)
    assert finished["mix"]["sha256"] == first.said["mix"]["sha256"]
    assert finished["receipt"] == first.said["receipt"]


@pytest.mark.parametrize("lost", ["results", "snapshots/clean", "snapshots"])
def test_what_was_deleted_is_made_again(first: First, prefect_env: dict[str, str], lost: str) -> None:
    shutil.rmtree(first.store / lost)
    assert ran(first.recipe, first.store, prefect_env, *ONLY_MIX)["mix"] == first.said["mix"]


@pytest.mark.parametrize("where", ["/proc/cuvee", "s3://no-such-bucket/lake"])
def test_store_that_cannot_be_written_is_told_at_once(
    tiny_recipe: Path, prefect_env: dict[str, str], bucket: str, where: str
) -> None:
    environment = dict(os.environ) | {"PREFECT_API_URL": prefect_env["PREFECT_API_URL"]}
    told = ran(tiny_recipe, where, environment, code=4)["error"]
    assert where.removeprefix("s3://").split("/")[0] in told or where in told
    assert "Traceback" not in told
    assert bucket
