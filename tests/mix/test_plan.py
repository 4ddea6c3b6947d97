"""The plan is exact, fair in every window, and the same everywhere."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.caching import Workbench
from tasks.errors import NotEnoughData
from tasks.mix.make import make_plan
from tasks.mix.plan import draw_rows, draw_tokens, generator, interleave
from tasks.mix.settings import PlanSettings
from tasks.mix.task import plan_mix, write_mix
from tasks.records import Account, Manifest

COUNTS = st.lists(st.integers(1, 60), min_size=1, max_size=5)


@given(size=st.integers(1, 50), count=st.integers(0, 200))
def test_no_row_is_drawn_more_than_one_time_oftener_than_another(size: int, count: int) -> None:
    times = np.bincount(draw_rows(size, count, generator(0, "s")), minlength=size)
    assert times.sum() == count
    assert times.max() <= -(-count // size)
    assert times.min() >= count // size


@given(tokens=st.lists(st.integers(1, 50), min_size=1, max_size=40), times=st.floats(0.1, 3))
def test_token_quota_is_met_to_half_a_row(tokens: list[int], times: float) -> None:
    counts = np.array(tokens, np.uint32)
    quota = times * sum(tokens)
    drawn = draw_tokens(counts, quota, generator(0, "s"))
    assert abs(int(counts[drawn].sum()) - quota) <= max(tokens) / 2


@settings(deadline=None)
@given(counts=COUNTS, seed=st.integers(0, 9), data=st.data())
def test_every_window_has_each_source_near_its_weight(counts: list[int], seed: int, data: st.DataObject) -> None:
    order = [f"s{number}" for number in range(len(counts))]
    plan = interleave({name: np.arange(count, dtype=np.uint32) for name, count in zip(order, counts, strict=True)}, order, seed)
    total = sum(counts)
    start = data.draw(st.integers(0, total - 1))
    length = data.draw(st.integers(1, total - start))
    for number, count in enumerate(counts):
        weight = count / total
        here = int((plan.source[start : start + length] == number).sum())
        assert abs(here - length * weight) < 1 + weight * len(counts) + 1e-9
        assert sorted(plan.row[plan.source == number]) == list(range(count))


def pool(folder: Path, sizes: dict[str, int], tokens: int = 5) -> Manifest:
    accounts: list[Account] = []
    for side in ("train", "holdout"):
        (folder / "snapshots/deduplicate/p" / side).mkdir(parents=True, exist_ok=True)
    for name, size in sizes.items():
        frame = pl.DataFrame(
            {"row_id": [f"{name}:{n}" for n in range(size)], "source": name, "text": [f"{name} {n}" for n in range(size)], "label": "positive"}
        )
        frame = frame.with_columns(pl.lit(tokens, pl.UInt32).alias("tokens"))
        for side in ("train", "holdout"):
            frame.write_parquet(folder / f"snapshots/deduplicate/p/{side}/{name}.parquet")
        accounts.append(Account(source=name, read=size, rows=size, tokens=size * tokens))
    return Manifest(stage="deduplicate", subject="pool", key="p", path="snapshots/deduplicate/p", files=(), accounts=tuple(accounts))


def weighed(shares: dict[str, float]) -> Manifest:
    facts = {"weights": shares, "requested": shares, "reasons": dict.fromkeys(shares, "given")}
    return Manifest(stage="weigh", subject="mix", key="w", path="snapshots/weigh/w", files=(), facts=facts)


def mixed(store: Path, sizes: dict[str, int], shares: dict[str, float], settings: PlanSettings) -> tuple[Manifest, Manifest]:
    held, weights = pool(store, sizes), weighed(shares)
    plan = plan_mix.fn(str(store), "mix", held, weights, settings, 1.0, 0)
    return plan, write_mix.fn(str(store), "mix", held, plan, settings)


def contents(store: Path, mix: Manifest) -> dict[str, str]:
    return {file.name: hashlib.sha256((store / mix.path / file.name).read_bytes()).hexdigest() for file in mix.files}


def test_mix_holds_the_planned_rows_in_the_planned_order(tmp_path: Path) -> None:
    plan, mix = mixed(tmp_path, {"a": 50, "b": 30}, {"a": 0.5, "b": 0.5}, PlanSettings(size=90, shard_rows=25))
    shards = [file.name for file in mix.files if file.name.startswith("data/train")]
    assert len(shards) == 4
    rows = pl.concat([pl.read_parquet(tmp_path / mix.path / name) for name in shards])
    with np.load(tmp_path / plan.path / "plan.npz") as arrays:
        wanted = [f"{'ab'[source]}:{row}" for source, row in zip(arrays["source"], arrays["row"], strict=True)]
    assert rows["row_id"].to_list() == wanted
    assert rows["source"].value_counts().sort("source").rows() == [("a", 45), ("b", 45)]
    receipt = {row["source"]: row for row in mix.facts["receipt"]}
    assert (receipt["a"]["rows"], receipt["a"]["epochs"], receipt["b"]["epochs"]) == (45, 0.9, 1.5)


def test_same_inputs_give_the_same_bytes_elsewhere_and_in_another_process(tmp_path: Path) -> None:
    settings = PlanSettings(size=60, shard_rows=20)
    found = []
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        _, mix = mixed(tmp_path / name, {"a": 50, "b": 30}, {"a": 0.7, "b": 0.3}, settings)
        found.append(contents(tmp_path / name, mix))
    assert found[0] == found[1]
    code = "from tasks.mix.plan import *; import hashlib; print(hashlib.sha256(draw_rows(1000, 2500, generator(3, 'x')).tobytes()).hexdigest())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert other == hashlib.sha256(draw_rows(1000, 2500, generator(3, "x")).tobytes()).hexdigest()


def test_interrupted_writing_goes_on_at_its_shard_with_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = PlanSettings(size=80, shard_rows=20)
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    _, whole = mixed(tmp_path / "whole", {"a": 50, "b": 30}, {"a": 0.6, "b": 0.4}, settings)
    written: list[str] = []
    take = Workbench.take

    def stop_after_two(self: Workbench, local: Path, name: str) -> None:
        if len([one for one in written if "train-" in one]) == 2 and "train-" in name:
            raise KeyboardInterrupt
        written.append(name)
        take(self, local, name)

    monkeypatch.setattr(Workbench, "take", stop_after_two)
    with pytest.raises(KeyboardInterrupt):
        mixed(tmp_path / "cut", {"a": 50, "b": 30}, {"a": 0.6, "b": 0.4}, settings)
    assert not list((tmp_path / "cut").glob("snapshots/mix/*/manifest.json"))
    monkeypatch.setattr(Workbench, "take", lambda self, local, name: (written.append(name), take(self, local, name))[1])
    written.clear()
    _, mix = mixed(tmp_path / "cut", {"a": 50, "b": 30}, {"a": 0.6, "b": 0.4}, settings)
    assert [name for name in written if "train-" in name] == ["data/train-00002.parquet", "data/train-00003.parquet"]
    assert contents(tmp_path / "cut", mix) == contents(tmp_path / "whole", whole)


def test_token_weights_and_row_weights_differ_as_the_lengths_do(tmp_path: Path) -> None:
    held = {"short": 50, "long": 200}
    files = {}
    for name, tokens in held.items():
        files[name] = tmp_path / f"{name}.parquet"
        pl.DataFrame({"tokens": pl.Series([tokens] * 1000, dtype=pl.UInt32)}).write_parquet(files[name])
    accounts = [Account(source=name, read=1000, rows=1000, tokens=1000 * tokens) for name, tokens in held.items()]
    half = {"weights": dict.fromkeys(held, 0.5), "requested": dict.fromkeys(held, 0.5), "reasons": dict.fromkeys(held, "")}
    _, by_rows = make_plan(accounts, files, half, PlanSettings(size=1000), 1.0, 0)
    assert [round(row.share_tokens, 6) for row in by_rows] == [0.2, 0.8]
    _, by_tokens = make_plan(accounts, files, half, PlanSettings(size=50_000, unit="tokens"), 1.0, 0)
    assert [(row.rows, row.tokens) for row in by_tokens] == [(500, 25_000), (125, 25_000)]


def test_trainer_epochs_count_against_the_cap(tmp_path: Path) -> None:
    held = pool(tmp_path, {"a": 100})
    with pytest.raises(NotEnoughData, match="training alone goes through the mix 5 times"):
        plan_mix.fn(str(tmp_path), "mix", held, weighed({"a": 1.0}), PlanSettings(size=50), 5.0, 0)
    with pytest.raises(NotEnoughData, match="133 possible"):
        plan_mix.fn(str(tmp_path), "mix", held, weighed({"a": 1.0}), PlanSettings(size=200), 3.0, 0)
