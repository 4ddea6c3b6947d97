"""What is under way stands in the store; what was killed, interrupted or failed is found there, and told to Prefect."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest
import yaml
from prefect.client.orchestration import get_client

from flows.cli.listing import list_store, show_record
from flows.compare import compare
from flows.engine.killed import KILLED, SILENT, this_machine, unfinished, was_killed
from flows.engine.running import settle_killed
from tasks.core.errors import QualityGate
from tasks.store.storage import Store, open_store
from tasks.store.unfinished import RUNNING, Unfinished, list_running, note_ended, note_running

pytestmark = pytest.mark.usefixtures("cold")

ROOT = Path(__file__).parents[2]
STOPPED = "interrupted; the same command goes on where it stopped"


def note(**more: Any) -> Unfinished:
    """Of a run in this very process."""
    me = psutil.Process()
    known: dict[str, Any] = {
        "run": "20261128-101112-abcdef",
        "name": "small",
        "started": "2026-11-28T10:11:12.000+00:00",
        "recipe": {"name": "small"},
        "kind": "run",
        "flow_run_id": "7a4f3c9e-0000-4000-8000-000000000000",
        "server": "",
        "machine": this_machine(),
        "pid": me.pid,
        "born": me.create_time(),
        "seen": time.time(),
    }
    return Unfinished(**known | more)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def gone() -> int:
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_what_runs_is_running_and_what_is_gone_was_killed() -> None:
    assert not was_killed(note())
    assert was_killed(note(pid=gone()))
    assert was_killed(note(born=psutil.Process().create_time() - 3600)), "another process has its number now"


def test_what_runs_elsewhere_is_killed_once_it_has_long_been_silent() -> None:
    assert not was_killed(note(machine="another", pid=gone(), seen=time.time() - SILENT / 2))
    assert was_killed(note(machine="another", seen=time.time() - SILENT - 1))


@pytest.mark.parametrize("kind", ["run", "comparison", "search"])
def test_each_kind_is_listed_and_shown_while_it_runs_and_after_it_was_killed(store: Store, kind: str) -> None:
    here = note(kind=kind)
    note_running(store, here)
    rows = {"run": "runs", "comparison": "comparisons", "search": "searches"}[kind]
    said = "status" if kind == "run" else "outcome"
    assert [(row[kind], row[said]) for row in list_store(store.uri, None)[rows]] == [(here.run, "running")]
    note_running(store, here.model_copy(update={"pid": gone()}))
    (row,) = list_store(store.uri, "small")[rows]
    assert (row[kind], row[said], row["seconds"]) == (here.run, "interrupted", None)
    assert list_store(store.uri, "other")[rows] == []
    shown = show_record(store.uri, "abcdef")
    assert isinstance(shown, Unfinished)
    assert shown.error == KILLED
    if kind == "run":
        assert show_record(store.uri, "latest") == shown


def test_what_has_left_a_record_is_told_by_that_alone(store: Store) -> None:
    here = note(kind="comparison", pid=gone())
    note_running(store, here)
    store.write_json(f"{here.folder}/comparison.json", {})
    assert unfinished(store) == []
    note_ended(store, here.model_copy(update={"status": "failed"}))
    assert {*store.list("")} == {f"{here.folder}/comparison.json"}


def test_damaged_notes_are_none(store: Store) -> None:
    for name, text in {"a": b"{", "b": b"[]", "c": b'{"run": 3}'}.items():
        store.write_bytes(f"{RUNNING}/{name}.json", text)
    assert list_running(store) == []


@pytest.mark.usefixtures("prefect_server")
def test_the_note_of_another_server_stays_until_that_one_is_told(store: Store) -> None:
    note_running(store, note(pid=gone(), server="http://elsewhere:4200/api"))
    note_running(store, note(pid=gone(), run="20261128-101112-fedcba"))
    settle_killed(store)
    assert [one.server for one in list_running(store)] == ["http://elsewhere:4200/api"]
    assert [one.status for one in unfinished(store)] == ["interrupted", "interrupted"]


def small_recipe(folder: Path, **more: Any) -> Path:
    for name in "ab":
        rows = "".join(f"{name} text {number} of many,{('no', 'yes')[number % 2]}\n" for number in range(200))
        (folder / f"{name}.csv").write_text(f"text,label\n{rows}")
    sources = {name: {"path": f"{name}.csv"} for name in "ab"}
    recipe = {"name": "small", "labels": ["no", "yes"], "sources": sources, "near_duplicates": None, **more}
    file = folder / "small.yaml"
    file.write_text(yaml.safe_dump(recipe))
    return file


def begun(
    command: str, recipe: Path, store: Store, env: dict[str, str], made: str = RUNNING
) -> "subprocess.Popen[str]":
    """Start a command in a process of its own, and wait until there is something in a folder of the store."""
    words = [sys.executable, "-m", "flows.cli.main", command, str(recipe), "--store", store.uri, "--json"]
    process = subprocess.Popen(words, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not store.list(made) and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    return process


def test_a_run_that_was_killed_is_told_to_a_lasting_server_by_the_next(
    tmp_path: Path, store: Store, prefect_env: dict[str, str]
) -> None:
    process = begun("run", small_recipe(tmp_path), store, prefect_env)
    (row,) = list_store(store.uri, None)["runs"]
    assert row["status"] == "running"
    process.kill()
    process.communicate()
    (killed,) = unfinished(store)
    assert (killed.status, killed.error, killed.server) == ("interrupted", KILLED, prefect_env["PREFECT_API_URL"])
    with get_client(sync_client=True) as client:
        before = client.read_flow_run(UUID(killed.flow_run_id)).state
        assert before is not None
        assert before.is_running(), "nobody was left to tell"
        settle_killed(store)
        after = client.read_flow_run(UUID(killed.flow_run_id)).state
    assert after is not None
    assert (after.name, after.is_crashed(), after.message) == ("Interrupted", True, KILLED)
    assert list_running(store) == []
    assert store.list("runs").keys() == {f"small/{killed.run}/unfinished.json"}
    assert list_store(store.uri, None)["runs"] == [row | {"status": "interrupted"}]


def test_a_comparison_that_is_interrupted_stands_as_such_beside_the_others(
    tmp_path: Path, store: Store, prefect_env: dict[str, str]
) -> None:
    recipe = small_recipe(tmp_path, compare={"seeds": 100})
    process = begun("compare", recipe, store, prefect_env, "snapshots/trial")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert json.loads(out)["error"] == STOPPED
    assert process.returncode == 143
    (row,) = list_store(store.uri, None)["comparisons"]
    assert (row["outcome"], row["sentence"]) == ("interrupted", STOPPED)
    assert row["seconds"] is not None
    listed, shown = (
        subprocess.run(
            [sys.executable, "-m", "flows.cli.main", *words, "--store", store.uri],
            cwd=ROOT, env=dict(os.environ) | {"COLUMNS": "200"}, capture_output=True, text=True, check=True,
        ).stdout
        for words in (["runs"], ["show", str(row["comparison"])])
    )  # fmt: skip
    assert "Comparisons" in listed
    assert "interrupted" in listed
    assert "comparison interrupted" in shown
    assert STOPPED in shown


@pytest.mark.usefixtures("prefect_server")
def test_a_comparison_that_fails_leaves_word_of_why(tmp_path: Path, store: Store) -> None:
    recipe = small_recipe(tmp_path, checks={"min_rows": 1_000})
    with pytest.raises(QualityGate) as failed:
        compare(str(recipe), store.uri)
    (row,) = list_store(store.uri, None)["comparisons"]
    assert (row["outcome"], row["sentence"]) == ("failed", str(failed.value))
    assert store.list(RUNNING) == {}
