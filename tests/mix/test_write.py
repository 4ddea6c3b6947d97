"""The mix holds the planned rows in the planned order, in the same bytes however it is written."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.manifests.manifest import Manifest
from tasks.mix import spill
from tasks.mix import write as writing
from tasks.mix.plan import Plan, load_plan
from tasks.mix.settings import PlanSettings
from tasks.mix.task import plan_mix, write_mix
from tasks.mix.write import shards, write_shards
from tasks.store.products import Workbench
from tasks.store.storage import sha256_of

Mixed = Callable[..., tuple[Manifest, Manifest]]
SIZES, SHARES = {"a": 50, "b": 30}, {"a": 0.6, "b": 0.4}


@pytest.fixture
def mixed(pool: Callable[..., Manifest], weighed: Callable[..., Manifest]) -> Mixed:
    """Plan and write a mix in a store: plan, mix = mixed(store, {"a": 50}, {"a": 1.0}, size=20)."""

    def make(
        store: Path, sizes: dict[str, int], shares: dict[str, float], epochs: float = 1.0, **mix: Any
    ) -> tuple[Manifest, Manifest]:
        store.mkdir(exist_ok=True)
        held, settings = pool(store, sizes), PlanSettings(**mix)
        plan = plan_mix.of("mix").run(str(store), held, weighed(shares), settings, epochs, 0)
        return plan, write_mix.of("mix").run(str(store), held, plan, settings.shard_rows)

    return make


def files_of(manifest: Manifest) -> dict[str, str]:
    return {file.name: file.sha256 for file in manifest.files}


def rows_of(store: Path, mix: Manifest) -> pl.DataFrame:
    return pl.concat(
        [pl.read_parquet(store / mix.path / name) for name in files_of(mix) if name.startswith("data/train-")]
    )


# --- what is in it


def test_the_mix_holds_the_planned_rows_in_the_planned_order(tmp_path: Path, mixed: Mixed) -> None:
    plan, mix = mixed(tmp_path, {"a": 50, "b": 30}, {"a": 0.5, "b": 0.5}, size=90, shard_rows=25)
    assert (
        [name for name in files_of(mix) if "train-" in name]
        == shards(90, 25)
        == [f"data/train-{number:05d}.parquet" for number in range(4)]
    )
    order, rows = load_plan(tmp_path / plan.path / "plan.npz"), rows_of(tmp_path, mix)
    assert rows.schema == {
        "row_id": pl.String,
        "source": pl.String,
        "text": pl.String,
        "label": pl.String,
        "tokens": pl.UInt32,
    }
    assert rows["row_id"].to_list() == [
        f"{'ab'[source]}.csv:{row}" for source, row in zip(order.source, order.row, strict=True)
    ]
    held = pl.concat([pl.read_parquet(tmp_path / f"snapshots/deduplicate/p/train/{name}.parquet") for name in "ab"])
    assert rows.equals(rows.select("row_id").join(held, on="row_id", how="left", maintain_order="left"))
    assert mix.rows == 90
    assert sum(file.name.startswith("data/train-") for file in mix.files) == 4


def test_receipt_and_hold_out_travel_with_the_mix(tmp_path: Path, mixed: Mixed) -> None:
    plan, mix = mixed(tmp_path, {"a": 50, "b": 30, "c": 7}, {"a": 0.5, "b": 0.5, "c": 0.0}, size=90)
    folder = tmp_path / mix.path
    assert mix.facts.receipt == plan.facts.receipt
    assert [(row.source, row.rows, row.epochs) for row in mix.facts.receipt] == [
        ("a", 45, 0.9),
        ("b", 45, 1.5),
        ("c", 0, 0.0),
    ]
    assert [account.source for account in mix.accounts] == ["a", "b", "c"]
    for name in "abc":
        assert (folder / f"data/holdout-{name}.parquet").read_bytes() == (
            tmp_path / f"snapshots/deduplicate/p/holdout/{name}.parquet"
        ).read_bytes()


def test_the_lock_names_all_that_made_the_mix(tmp_path: Path, mixed: Mixed) -> None:
    plan, mix = mixed(tmp_path, SIZES, SHARES, size=60, shard_rows=20)
    lock = json.loads((tmp_path / mix.path / "lock.json").read_text())
    assert lock["plan"] == {
        "sha256": plan.file("plan.npz").sha256,
        "seed": 0,
        "unit": "rows",
    }
    assert lock["pool"]["parents"] == ["f" * 64]
    first = lock["sources"][0]
    assert (first["source"], first["weight"], first["rows"]) == ("a", 0.6, 50)
    assert first["train_sha256"] == sha256_of(tmp_path / "snapshots/deduplicate/p/train/a.parquet")
    data = {name: digest for name, digest in files_of(mix).items() if name.startswith("data/")}
    assert lock["files"] == data
    as_sha256sum_says = "".join(f"{sha256_of(tmp_path / mix.path / name)}  {name}\n" for name in sorted(data))
    assert lock["sha256"] == hashlib.sha256(as_sha256sum_says.encode()).hexdigest()
    assert {"cuvee", "numpy", "polars"} <= lock["versions"].keys()


# --- the same bytes


@pytest.mark.parametrize(
    "change",
    [{"epochs": 2.0}, {"max_epochs": 9.0}, {"on_cap": "redistribute"}, {"max_total_epochs": 7.0}, {"size": 60}],
)
def test_what_changes_no_row_changes_no_mix(tmp_path: Path, mixed: Mixed, change: dict[str, Any]) -> None:
    plan, mix = mixed(tmp_path, {"a": 36, "b": 24}, SHARES)
    other_plan, other = mixed(tmp_path, {"a": 36, "b": 24}, SHARES, **change)
    assert plan.key != other_plan.key
    assert (plan.fingerprint, mix.key, mix.fingerprint) == (other_plan.fingerprint, other.key, other.fingerprint)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(
    rows=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 29)), min_size=1, max_size=120),
    shard_rows=st.integers(1, 50),
    piece=st.integers(1, 40),
    data=st.data(),
)
def test_any_plan_is_gathered_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    pool: Any,
    rows: list[tuple[int, int]],
    shard_rows: int,
    piece: int,
    data: st.DataObject,
) -> None:
    store = tmp_path_factory.mktemp("gather")
    held = pool(store, {"a": 30, "b": 30}, row_group_size=13)
    files = [store / held.path / f"train/{name}.parquet" for name in "ab"]
    plan = Plan(np.array([source for source, _ in rows], np.uint16), np.array([row for _, row in rows], np.uint32))
    numbers = range(len(shards(len(rows), shard_rows)))
    wanted = data.draw(st.sets(st.sampled_from(numbers)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spill, "PIECE_ROWS", piece)
        found = {
            number: pl.read_parquet(path)["row_id"].to_list()
            for number, path in write_shards(plan, files, shard_rows, wanted, store / "new")
        }
    ids = [f"{'ab'[source]}.csv:{row}" for source, row in rows]
    assert found == {number: ids[number * shard_rows : (number + 1) * shard_rows] for number in sorted(wanted)}


def test_a_row_wanted_very_often_comes_in_pieces(tmp_path: Path, pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "PIECE_ROWS", 10)
    held = pool(tmp_path, {"a": 2})
    plan = Plan(np.zeros(1000, np.uint16), np.array([0] * 999 + [1], np.uint32))
    largest: list[int] = []
    add = spill.Spill._add

    def watched(self: spill.Spill, batch: Any, start: int, wanted: Any, shard_rows: int) -> None:
        largest.append(len(wanted))
        add(self, batch, start, wanted, shard_rows)

    monkeypatch.setattr(spill.Spill, "_add", watched)
    ((_, path),) = write_shards(plan, [tmp_path / held.path / "train/a.parquet"], 1000, [0], tmp_path)
    assert pl.read_parquet(path)["row_id"].to_list() == ["a.csv:0"] * 999 + ["a.csv:1"]
    assert max(largest) <= 10


def test_the_same_inputs_give_the_same_bytes_elsewhere(tmp_path: Path, mixed: Mixed) -> None:
    (_, first), (_, second) = (mixed(tmp_path / name, SIZES, SHARES, size=60, shard_rows=20) for name in ("x", "y"))
    assert files_of(first) == files_of(second)
    assert first.fingerprint == second.fingerprint


HASHES = """
import sys
from pathlib import Path
from tasks.mix.plan import load_plan
from tasks.mix.write import write_shards
from tasks.store.storage import sha256_of
plan, *files = map(Path, sys.argv[2:])
for number, path in write_shards(load_plan(plan), files, 2000, range(5), Path(sys.argv[1])):
    print(number, sha256_of(path))
"""


def test_neither_workers_nor_threads_nor_pieces_nor_the_files_layout_change_a_byte(
    tmp_path: Path, mixed: Mixed, pool: Any
) -> None:
    plan, mix = mixed(tmp_path, {"a": 7000, "b": 900}, {"a": 0.7, "b": 0.3}, size=10_000, shard_rows=2000)
    wanted = [digest for name, digest in files_of(mix).items() if "train-" in name]
    held = pool(tmp_path / "other", {"a": 7000, "b": 900}, row_group_size=333, compression="uncompressed")
    files = [tmp_path / "other" / held.path / f"train/{name}.parquet" for name in "ab"]
    order = load_plan(tmp_path / plan.path / "plan.npz")
    for workers, piece in ((1, 100), (5, 1_000_000)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writing, "WRITERS", workers)
            patch.setattr(spill, "PIECE_ROWS", piece)
            found = [
                sha256_of(path)
                for _, path in write_shards(order, files, 2000, range(5), tmp_path / f"scratch-{workers}")
            ]
        assert found == wanted
    for threads in ("1", "3"):
        command = [
            sys.executable,
            "-c",
            HASHES,
            str(tmp_path / f"threads-{threads}"),
            str(tmp_path / plan.path / "plan.npz"),
            *map(str, files),
        ]
        told = subprocess.run(
            command, env=os.environ | {"POLARS_MAX_THREADS": threads}, capture_output=True, text=True, check=True
        ).stdout
        assert [line.split()[1] for line in told.splitlines()] == wanted


# --- interrupted


class Cut(Exception):
    """Stands for a crash between two shards."""


@pytest.mark.parametrize("kind", [Cut, KeyboardInterrupt])
def test_writing_goes_on_at_the_shard_it_was_in_with_the_same_bytes(
    tmp_path: Path, mixed: Mixed, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    _, whole = mixed(tmp_path / "whole", SIZES, SHARES, size=80, shard_rows=20)
    taken: list[str] = []
    take = Workbench.take

    def take_until_cut(self: Workbench, local: Path, name: str) -> None:
        if name == "data/train-00002.parquet" and not cut:
            cut.append(name)
            raise kind
        taken.append(name)
        take(self, local, name)

    cut: list[str] = []
    monkeypatch.setattr(Workbench, "take", take_until_cut)
    with pytest.raises(kind):
        mixed(tmp_path / "cut", SIZES, SHARES, size=80, shard_rows=20)
    assert [name for name in taken if "train-" in name] == ["data/train-00000.parquet", "data/train-00001.parquet"]
    assert not list((tmp_path / "cut").glob("snapshots/mix/*/manifest.json"))
    taken.clear()
    _, mix = mixed(tmp_path / "cut", SIZES, SHARES, size=80, shard_rows=20)
    assert [name for name in taken if "train-" in name] == ["data/train-00002.parquet", "data/train-00003.parquet"]
    assert files_of(mix) == files_of(whole)
    assert mix.fingerprint == whole.fingerprint
    assert not list((tmp_path / "cut" / "scratch").glob("mix-*"))


def test_a_mix_whose_shards_are_all_there_reads_no_source(
    tmp_path: Path, mixed: Mixed, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, mix = mixed(tmp_path, SIZES, SHARES, size=80, shard_rows=20)
    (tmp_path / mix.path / "manifest.json").unlink()
    monkeypatch.setattr(spill.Spill, "add_source", None)
    _, again = mixed(tmp_path, SIZES, SHARES, size=80, shard_rows=20)
    assert again.fingerprint == mix.fingerprint
