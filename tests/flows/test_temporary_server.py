"""A temporary server gets ready while a command reads and imports, and serves only once a flow wants it."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from flows.engine.temporary_server import prepared

ROOT = Path(__file__).parents[2]


def test_a_server_that_no_flow_wants_is_ended() -> None:
    before = {*psutil.Process().children()}
    with prepared():
        (server,) = {*psutil.Process().children()} - before
    assert not server.is_running()


@pytest.mark.usefixtures("cold")
def test_a_wrong_recipe_is_told_before_any_server_serves(tmp_path: Path) -> None:
    """No database is made, and no line is told but the mistake."""
    (tmp_path / "recipe.yaml").write_text("name: one\nsources: {a: {path: a.csv}}\nmixx: {}\n")
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli.main", "run", str(tmp_path / "recipe.yaml")],
        env=os.environ | {"PREFECT_HOME": str(tmp_path / "home")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("cuvee: "), done.stderr
    assert not list((tmp_path / "home").glob("*.db*"))
