"""Wherever tasks run, they give the same bytes."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.engine.runners import runner_named
from tasks.core.errors import RecipeError


def run(recipe: Path, store: Path, runner: str, env: dict[str, str]) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "flows.cli.main",
        "run",
        str(recipe),
        "--store",
        str(store),
        "--until",
        "mix",
        "--runner",
        runner,
        "--json",
    ]
    done = subprocess.run(command, check=False, env=env, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.runners
@pytest.mark.usefixtures("cold")
def test_threads_dask_and_ray_make_the_same_mix(tiny_recipe: Path, tmp_path: Path, prefect_env: dict[str, str]) -> None:
    missing = [name for name in ("prefect_dask", "prefect_ray") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed; pip install '.[dask,ray]'")
    recipe = yaml.safe_load(tiny_recipe.read_text())
    recipe["sources"]["gone"] = {"path": "gone.csv", "on_failure": "skip"}
    recipe["mix"]["weights"]["gone"] = 0.1
    tiny_recipe.write_text(yaml.safe_dump(recipe, sort_keys=False))
    found = {runner: run(tiny_recipe, tmp_path / runner, runner, prefect_env) for runner in ("threads", "dask", "ray")}
    assert len({one["mix"]["sha256"] for one in found.values()}) == 1
    for one in found.values():
        assert (one["receipt"], one["unreached"], one["tasks"]) == (
            found["threads"]["receipt"],
            found["threads"]["unreached"],
            found["threads"]["tasks"],
        )


@pytest.mark.parametrize("wanted", ["thread", "threads=4", "dask:tcp://host", ""])
def test_a_runner_that_is_none_is_refused(wanted: str) -> None:
    with pytest.raises(RecipeError, match="want threads, dask, ray, dask=ADDRESS or ray=ADDRESS"):
        runner_named(wanted)


@pytest.mark.runners
@pytest.mark.parametrize("wanted", ["dask=tcp://host:8786", "ray=ray://host:10001"])
def test_a_cluster_that_is_there_is_named_by_its_address(wanted: str) -> None:
    pytest.importorskip(f"prefect_{wanted.partition('=')[0]}")
    assert runner_named(wanted).address == wanted.partition("=")[2]
