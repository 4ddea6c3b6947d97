"""Two mixes of one recipe, and what can be asked of them afterwards."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from flows.cli.inspect import replay_lock
from tasks.core.errors import QualityGate, RecipeError, Unreachable
from tasks.history.task import diff_mixes, impact_of, ledger_of, trace_row
from tasks.store.runs import list_records
from tasks.store.storage import open_store, sha256_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def store(
    tmp_path_factory: pytest.TempPathFactory, write_tiny_recipe: Callable[[Path], Path], prefect_server: str
) -> str:
    """Hold a run of the recipe with a model, and one without its source `papers`, in a store."""
    folder = tmp_path_factory.mktemp("history")
    recipe, environment = str(write_tiny_recipe(folder)), dict(os.environ) | {"PREFECT_API_URL": prefect_server}
    for more in ((), ("--without", "papers", "--until", "mix")):
        command = [sys.executable, "-m", "flows.cli.main", "run", recipe, "--store", str(folder / "store"), *more]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
    return str(folder / "store")


def first_and_second(store: str) -> tuple[str, str]:
    second, first = (record.run for record in list_records(open_store(store)))
    return first, second


@pytest.mark.slow
def test_difference_of_two_mixes_names_settings_sources_rows_and_scores(store: str) -> None:
    found = diff_mixes(store, *first_and_second(store))
    assert not found["same_bytes"]
    assert "sources.papers.path" in {row["field"] for row in found["settings"]}
    papers = next(row for row in found["sources"] if row["source"] == "papers")
    assert papers["rows_a"] > 0
    assert papers["rows_b"] is None
    for row in found["rows"]:
        assert row["as_often"] <= row["both"]
    assert next(row for row in found["rows"] if row["source"] == "papers")["both"] == 0
    assert found["same_holdout"] == {"news": True, "social": True}


def test_mix_and_itself_do_not_differ(store: str) -> None:
    first, _ = first_and_second(store)
    found = diff_mixes(store, first, first)
    assert found["same_bytes"]
    assert not found["settings"]
    assert all(row["only_a"] == row["only_b"] == 0 and row["both"] == row["as_often"] for row in found["rows"])


@pytest.mark.parametrize("place", [0, 57, 199])
def test_row_is_traced_to_its_line_and_back(store: str, place: int) -> None:
    first, _ = first_and_second(store)
    found = trace_row(store, first, str(place))
    assert place in found["places"]
    assert found["times"] >= 1
    again = trace_row(store, first, f"{found['source']}/{found['row_id']}")
    assert {name: again[name] for name in ("text", "places")} == {name: found[name] for name in ("text", "places")}
    assert found["as_read"]["text"].split() == found["text"].split()


@pytest.mark.parametrize(
    ("row", "told"),
    [("200", "200 rows, 0 to 199"), ("-1", "0 to 199"), ("x", "SOURCE/ROW_ID"), ("new/1", "news, papers, social")],
)
def test_row_that_is_not_there_is_told(store: str, row: str, told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        trace_row(store, first_and_second(store)[0], row)


def test_impact_of_a_source_is_every_mix_and_model_made_from_it(store: str) -> None:
    assert len(impact_of(store, "news")["mixes"]) == 2
    (papers,) = impact_of(store, "papers")["mixes"]
    assert papers["models"]
    assert papers["in_store"]
    with pytest.raises(RecipeError, match="did you mean 'papers'"):
        impact_of(store, "paper")


def test_ledger_counts_trainings_not_mixes(store: str) -> None:
    counted = ledger_of(store, "tiny")["sources"]
    assert {entry["runs"] for entry in counted.values()} == {1}
    receipt = {row.source: row for row in list_records(open_store(store))[1].receipt}
    assert {name: entry["epochs"] for name, entry in counted.items()} == {
        name: row.epochs for name, row in receipt.items()
    }


def test_replay_makes_the_same_bytes(store: str, tmp_path: Path) -> None:
    first, _ = first_and_second(store)
    found = replay_lock(store, first, str(tmp_path / "again"))
    for path in (tmp_path / "again/data").iterdir():
        assert sha256_of(path) == sha256_of(Path(store, found["mix"], "data", path.name))
    with pytest.raises(RecipeError, match="already"):
        replay_lock(store, first, str(tmp_path / "again"))


def test_the_command_of_a_card_works_in_the_folder_of_its_mix(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = first_and_second(store)
    folder = replay_lock(store, first, None)["mix"]
    monkeypatch.chdir(Path(store, folder))
    told = re.search(r"`cuvee replay (\S+) --store (\S+)`", Path("README.md").read_text("utf-8"))
    assert told
    assert replay_lock(told[2], told[1], None)["mix"] == folder


def test_replay_says_what_is_gone_or_changed(store: str, tmp_path: Path) -> None:
    other = tmp_path / "store"
    shutil.copytree(store, other)
    first, _ = first_and_second(str(other))
    folder = Path(other, replay_lock(str(other), first, None)["mix"])
    plan = (folder / "plan.npz").read_bytes()
    (folder / "plan.npz").write_bytes(plan[:-1] + bytes([plan[-1] ^ 1]))
    with pytest.raises(QualityGate, match="was changed after the mix was made"):
        replay_lock(str(other), first, None)
    (folder / "plan.npz").write_bytes(plan)
    for stage in ("deduplicate", "nearby"):
        shutil.rmtree(other / "snapshots" / stage, ignore_errors=True)
    with pytest.raises(Unreachable, match=r"news \(sha256 .*Run its recipe again"):
        replay_lock(str(other), first, None)


def test_row_of_a_mix_has_one_place_for_every_time_it_stands_there(store: str) -> None:
    home = open_store(store)
    first, _ = first_and_second(store)
    record = next(record for record in list_records(home) if record.run == first)
    assert record.mix is not None
    mix = pl.read_parquet(Path(record.mix.uri) / "data/train-*.parquet")
    counts = mix.group_by("source", "row_id").len().sort("len", "source", "row_id", descending=[True, False, False])
    often = counts.row(0, named=True)
    assert trace_row(store, first, f"{often['source']}/{often['row_id']}")["times"] == often["len"]
