"""What every command takes and answers, whichever it is: as people expect it of a command line."""

import json
import os
import re
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from flows.cli.main import app
from flows.engine.home import settle_prefect

ROOT = Path(__file__).parents[2]
READ_A_RECIPE = ("validate", "plan", "explain", "run", "compare", "search")
SOURCES = ("books", "dvd", "kitchen")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three sources, and a recipe of them."""
    monkeypatch.chdir(tmp_path)
    for at, name in enumerate(SOURCES):
        rows = "".join(
            f"{name} text {row} of many with number {row * 7 + at},{('good', 'bad')[row % 2]}\n" for row in range(80)
        )
        (tmp_path / f"{name}.csv").write_text(f"text,label\n{rows}")
    sources = ", ".join(f"{name}: {{path: {name}.csv}}" for name in SOURCES)
    (tmp_path / "recipe.yaml").write_text(
        f"name: one\nlabels: [good, bad]\nnear_duplicates: null\nchecks: {{min_rows: 1}}\nsources: {{{sources}}}\n"
        "mix: {weights: uniform, size: 90}\n"
    )
    return tmp_path


def invoked(*words: str) -> Result:
    return CliRunner().invoke(app, [*words])


def command(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows.cli.main", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env=dict(os.environ) | {"PYTHONPATH": str(ROOT)} | environment,
        check=False,
    )


def test_a_bare_command_prints_its_help_and_nothing_else(tmp_path: Path) -> None:
    bare, helped = (command(tmp_path, *words) for words in ([], ["--help"]))
    assert (bare.returncode, bare.stderr) == (0, "")
    assert bare.stdout == helped.stdout
    assert "Usage: cuvee [OPTIONS] COMMAND [ARGS]..." in bare.stdout


def test_the_version_is_the_packages() -> None:
    assert (invoked("--version").exit_code, invoked("--version").stdout) == (0, f"cuvee {version('cuvee')}\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_options(tmp_path: Path, shell: str) -> None:
    def completed(words: str) -> str:
        asked = {
            "_CUVEE_COMPLETE": f"complete_{shell}",
            "_TYPER_COMPLETE_ARGS": words,
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        }
        return command(tmp_path, **asked, COMP_WORDS=words, COMP_CWORD=str(words.count(" "))).stdout

    assert "compare" in completed("cuvee com")
    assert "--without" in completed("cuvee plan --with")


@pytest.mark.parametrize("name", READ_A_RECIPE)
def test_a_source_can_be_left_out_wherever_a_recipe_is_read(folder: Path, name: str) -> None:
    assert "--without" in invoked(name, "--help").stdout
    told = invoked(name, "recipe.yaml", "--without", "dvdd")
    assert "--without dvdd: no source has this name; did you mean 'dvd'?" in str(told.exception)


def test_look_ups_leave_a_source_out(folder: Path) -> None:
    def asked(name: str) -> Any:
        return json.loads(invoked(name, "recipe.yaml", "--without", "dvd", "--json").stdout)

    assert [*asked("validate")["sources"]] == ["books", "kitchen"]
    assert [(row["source"], row["rows"]) for row in asked("plan")["receipt"]] == [("books", 45), ("kitchen", 45)]
    assert {task["subject"] for task in asked("explain")["tasks"]} & {*SOURCES} == {"books", "kitchen"}


@pytest.mark.slow
@pytest.mark.parametrize("flag", ["-q", "--quiet", "-v", "--verbose"])
def test_every_command_takes_quiet_and_verbose(folder: Path, flag: str) -> None:
    for name in (one.callback.__name__ for one in app.registered_commands if one.callback):
        assert re.search(rf"(?<![\w-]){flag}(?![\w-])", invoked(name, "--help").stdout), name
    told = command(folder, "plan", "recipe.yaml", flag)
    assert "Receipt" in told.stdout
    assert told.returncode == 0
    logged = flag in ("-v", "--verbose")
    assert ("books: 80 of 80 rows stay" in told.stderr) == bool(told.stderr) == logged


@pytest.mark.usefixtures("folder")
def test_quiet_and_verbose_may_stand_before_the_command() -> None:
    orders = {
        ("-v", "plan"): True,
        ("plan", "--verbose"): True,
        ("-q", "plan", "-v"): True,
        ("-v", "plan", "-q"): False,
    }
    for words, logged in orders.items():
        done = invoked(*words, "recipe.yaml")
        assert done.exit_code == 0, done.output
        assert ("books: 80 of 80 rows stay" in done.stderr) == logged, words
    assert invoked("-q", "schema").stdout == invoked("schema", "-q").stdout


@pytest.mark.slow
def test_a_store_that_is_a_file_is_refused_by_every_command(folder: Path) -> None:
    for words in (["plan", "recipe.yaml"], ["explain", "recipe.yaml"], ["run", "recipe.yaml"], ["runs"]):
        for store in ("books.csv", "books.csv/store"):
            told = command(folder, *words, "--store", store)
            assert told.returncode == 4
            assert re.search(r"books.csv( is|: it is) a file; name a folder with --store", told.stderr), told.stderr


def test_nobody_is_told_that_cuvee_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DO_NOT_TRACK", raising=False)
    settle_prefect()
    assert os.environ["DO_NOT_TRACK"] == "1"
    monkeypatch.setenv("DO_NOT_TRACK", "0")
    settle_prefect()
    assert os.environ["DO_NOT_TRACK"] == "0"


def test_the_seconds_of_a_command_begin_with_its_process() -> None:
    program = (
        "import time; time.sleep(1.5); from flows.cli.app import seconds_since_start; print(seconds_since_start())"
    )
    began = time.monotonic()
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert 1.5 <= float(told) <= time.monotonic() - began + 0.1
