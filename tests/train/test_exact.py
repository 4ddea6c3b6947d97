"""Batches of which each holds every source's share of the mix, however many processes divide it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from accelerate.data_loader import BatchSamplerShard
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch.utils.data import BatchSampler

from tasks.core.errors import RecipeError
from tasks.recipe.model import load_recipe
from tasks.train import launch
from tasks.train.order import ExactShares, exact_counts, planned_order
from tasks.train.settings import TrainSettings

SIZES = st.lists(st.integers(1, 90), min_size=1, max_size=6)
MODEL = {"architecture": "bert"}


@given(sizes=SIZES, batch=st.integers(1, 20))
def test_every_batch_holds_the_shares_and_the_next_makes_up_for_what_was_rounded(sizes: list[int], batch: int) -> None:
    counts, total = exact_counts(sizes, batch), sum(sizes)
    assert counts.sum(0).tolist() == sizes, "an epoch has the counts of the plan"
    assert counts.sum(1).tolist() == [min(batch, total - start) for start in range(0, total, batch)]
    assert counts.min() >= 0
    upto = np.cumsum(counts.sum(1))[:, None] * np.array(sizes) / total
    assert (np.cumsum(counts, 0) - upto).max() < 1
    if batch <= total:  # what no batch before owes is rounded by largest remainder
        rest = batch * np.array(sizes) / total - counts[0]
        assert np.abs(rest).max() < 1


def test_shares_that_go_into_a_batch_are_met_in_every_one() -> None:
    assert exact_counts([60, 30, 10], 20).tolist() == [[12, 6, 2]] * 5


@given(sizes=SIZES, batch=st.integers(1, 9), epoch=st.integers(0, 3), seed=st.integers(0, 9))
def test_order_has_every_example_once_in_batches_of_exact_shares(
    sizes: list[int], batch: int, epoch: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    source = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    sampler = ExactShares(rng.integers(1, 40, len(source)), batch, seed, source)
    sampler.set_epoch(epoch)
    order = list(sampler)
    assert sorted(order) == list(range(len(source)))
    assert order == list(sampler)
    of = source[order]
    found = [np.bincount(of[at : at + batch], minlength=len(sizes)).tolist() for at in range(0, len(of), batch)]
    assert found == exact_counts(sizes, batch).tolist()


def test_batches_hold_rows_of_like_length() -> None:
    lengths = np.random.default_rng(0).integers(1, 100, 4_000)
    source = np.arange(4_000) % 3
    padded = lengths[list(ExactShares(lengths, 16, 0, source))].reshape(-1, 16).max(1).sum() * 16
    assert lengths.sum() > 0.9 * padded


@given(parts=st.sampled_from([(1, 1), (2, 1), (4, 1), (1, 4), (2, 2), (3, 2), (12, 1), (1, 12)]))
def test_a_step_sees_the_same_rows_by_any_number_of_processes_and_parts(parts: tuple[int, int]) -> None:
    processes, accumulate = parts
    source = pl.Series(["a", "b", "b", "c"] * 30)
    settings = TrainSettings.model_validate({"model": MODEL, "batches": "exact", "batch_size": 12})
    order = planned_order(settings, np.arange(120), source, 0)
    sampler = BatchSampler(order, 12 // (processes * accumulate), drop_last=False)
    shares = list[list[list[int]]]()
    for number in range(processes):
        shard: Any = BatchSamplerShard(sampler, processes, number)
        shares.append(list(shard))
    for step in range(10):
        here = slice(step * accumulate, (step + 1) * accumulate)
        seen = [row for share in shares for micro in share[here] for row in micro]
        assert sorted(seen) == sorted(order.order()[step * 12 : (step + 1) * 12].tolist())


def test_parts_of_a_batch_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    def job(batch: int, accumulate: int = 1, **more: Any) -> Any:
        settings = TrainSettings.model_validate({"model": MODEL, "batch_size": batch} | more)
        return SimpleNamespace(settings=settings, accumulate=accumulate)

    monkeypatch.setattr(launch, "_devices", lambda: 8)
    assert [launch.processes_of(job(batch)) for batch in (32, 12, 10, 7, 3, 1)] == [8, 6, 5, 7, 3, 1]
    assert launch.processes_of(job(32, online="odm")) == 1
    monkeypatch.setattr(launch, "_devices", lambda: 1)
    assert [launch.more_parts(job(12, parts)) for parts in (1, 2, 4, 12)] == [2, 4, 12, None]
    assert launch.more_parts(job(12, 1, processes=3)) == 2
    assert launch.more_parts(job(12, 4, processes=3)) is None
    with pytest.raises(ValidationError, match="10 rows cannot be shared equally by 4 processes; take 8"):
        job(10, processes=4)


def test_what_exact_batches_do_not_go_with_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"train\.batches: exact and train\.online"):
        TrainSettings.model_validate({"model": MODEL, "batches": "exact", "online": "odm"})
    assert "batches" not in TrainSettings.model_validate({"model": MODEL}).model_dump(mode="json")
    phases = [{"share": 0.5, "weights": "uniform"}, {"share": 0.5, "weights": "proportional"}]
    recipe = {"name": "r", "labels": ["x", "y"], "sources": {"a": {"path": "a.csv"}, "b": {"path": "b.csv"}}}
    recipe |= {"mix": {"phases": phases}, "train": {"model": MODEL, "batches": "exact"}}
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    with pytest.raises(RecipeError, match=r"train\.batches: each stretch of mix\.phases has shares of its own"):
        load_recipe(str(tmp_path / "r.yaml"))
