"""A full disk at every stage: exit 4 with a remedy, nothing half-written, and the same command goes on once there is
room."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from flows.engine.calls import RunProducts, carry_out
from flows.engine.plain import Plain
from flows.steps.blend import blend
from flows.steps.train import train
from tasks.core.errors import NoSpace
from tasks.publish.task import begin_run, publish_mix, publish_model
from tasks.recipe.model import load_recipe
from tasks.store.storage import open_store

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
MEBIBYTE = 1 << 20


class Disk:
    """A small file system in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ballast, self.store = folder, folder / "ballast", folder / "store"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no file system can be mounted here")

    @contextlib.contextmanager
    def left(self, room: int) -> Iterator[None]:
        """Leave so many bytes of it free."""
        free = os.statvfs(self.folder)
        with self.ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - room)
        try:
            yield
        finally:
            self.ballast.unlink()

    def remove(self, *stages: str) -> None:
        """Take products out of the store."""
        for stage in stages:
            open_store(str(self.store)).remove(stage)

    def check_whole(self) -> None:
        """No file is half-written under its name, and none is left that only was on its way."""
        files = {str(path.relative_to(self.store)) for path in self.store.rglob("*") if path.is_file()}
        assert not [name for name in files if name.rpartition("/")[2].startswith(".")]
        for name in [name for name in files if name.endswith("manifest.json")]:
            made = json.loads((self.store / name).read_text())
            for file in made["files"]:
                assert (self.store / name).parent.joinpath(file["name"]).stat().st_size == file["bytes"]
        for name in [name for name in files if name.endswith("latest.json")]:
            assert f"{json.loads((self.store / name).read_text())['path']}/lock.json" in files


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk.folder)], check=True)


def run(recipe: Path, disk: Disk) -> dict[str, str]:
    """Make and publish all; gives what the published model's files hold."""
    loaded, calls, made = load_recipe(str(recipe), {}), Plain(str(disk.store)), RunProducts()
    start = begin_run(loaded.published)
    carry_out(chain(blend(loaded, calls, made), train(loaded, calls, made)))
    assert made.mix
    assert made.plan
    assert made.model
    assert made.metrics
    mix = calls(publish_mix, calls.store, start, made.mix, made.plan)
    calls(publish_model, calls.store, start, made.model, made.metrics, mix)
    return {file.name: file.sha256 for file in made.model.files if file.name != "training-curve.json"}


def test_each_stage_says_so_leaves_nothing_and_goes_on(tiny_recipe: Path, disk: Disk) -> None:
    """One story, since all of it hangs on one finished store."""
    weights = run(tiny_recipe, disk)
    for stages, room, where in (
        (["snapshots/ingest", "snapshots/clean"], 4096, "snapshots/(ingest|clean)"),
        (["snapshots/mix", "mixes"], 4096, "snapshots/mix"),
        (["snapshots/train", "models"], 4096, "(snapshots|scratch)/train"),
        (["snapshots/train", "models"], 256 << 10, "(snapshots|scratch)/train"),
        (["models"], 64 << 10, "models/tiny/"),
        (["mixes"], 16 << 10, "mixes/tiny/"),
    ):
        disk.remove(*stages)
        with disk.left(room), pytest.raises(NoSpace, match=rf"{where}.*No space left on device; free some") as caught:
            run(tiny_recipe, disk)
        assert caught.value.exit_code == 4
        disk.check_whole()
        assert run(tiny_recipe, disk) == weights
        disk.check_whole()


def test_the_command_line_leaves_with_4(tiny_recipe: Path, disk: Disk, prefect_env: dict[str, str]) -> None:
    run(tiny_recipe, disk)
    disk.remove("snapshots/train", "models")
    command = [sys.executable, "-m", "flows.cli.main", "run", str(tiny_recipe), "--store", str(disk.store), "--json"]
    with disk.left(256 << 10):
        done = subprocess.run(command, cwd=ROOT, env=prefect_env, capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    told = json.loads(done.stdout)
    assert "No space left on device; free some of the disk" in told["error"]
    assert "Traceback" not in done.stderr
    disk.check_whole()
