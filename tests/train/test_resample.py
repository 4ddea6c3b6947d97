"""Training on a mix that every epoch draws anew: resumed to the same weights, and told in the receipt."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from flows.pipeline import pipeline as run
from tasks.core.errors import RecipeError, TrainingFailed
from tasks.manifests.plan import ReceiptRow, with_drawn
from tasks.recipe.model import load_recipe
from tasks.train import launch
from tasks.train.job import Message
from tasks.train.order import ExactShares, WindowedLengths
from tasks.train.settings import TrainSettings

MODEL = {"architecture": "bert"}


def test_every_epoch_goes_through_its_own_rows() -> None:
    parts = [np.arange(0, 40), np.arange(40, 78), np.arange(78, 120)]
    lengths, source = np.random.default_rng(0).integers(1, 30, 120), np.arange(120) % 3
    for sampler in (WindowedLengths(lengths, 8, 0, parts), ExactShares(lengths, 8, 0, source, parts)):
        for epoch, part in enumerate(parts):
            sampler.set_epoch(epoch)
            rows = list(sampler)
            assert len(rows) == len({*rows}) == len(sampler) == 38
            assert {*rows} <= {*part.tolist()}


def test_the_receipt_says_so() -> None:
    row = ReceiptRow.left_out("a", 0.5, "given").model_copy(update={"rows": 10})
    told = with_drawn([row, ReceiptRow.left_out("b", 0.5, "given")], {"a": 27})
    assert [one.reason for one in told] == ["given; each epoch draws anew, 27 different rows in all", "given"]
    assert with_drawn([row], None)[0].reason == "given; each epoch draws anew"


def test_what_it_does_not_go_with_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"train\.resample and train\.online"):
        TrainSettings.model_validate({"model": MODEL, "resample": True, "online": "odm"})
    assert "resample" not in TrainSettings.model_validate({"model": MODEL}).model_dump(mode="json")
    phases = [{"share": 0.5, "weights": "uniform"}, {"share": 0.5, "weights": "proportional"}]
    recipe = {"name": "r", "labels": ["x", "y"], "sources": {"a": {"path": "a.csv"}, "b": {"path": "b.csv"}}}
    recipe |= {"mix": {"phases": phases}, "train": {"model": MODEL, "resample": True}}
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    with pytest.raises(RecipeError, match=r"train\.resample: a mix of mix\.phases is trained on once"):
        load_recipe(str(tmp_path / "r.yaml"))


@pytest.mark.slow
def test_killed_in_a_later_epoch_it_resumes_to_the_same_weights(
    tiny_mix: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    mix = tiny_mix({"a": 60, "b": 36})
    later = [mix.beside({"a": 60, "b": 36}, key=f"m{epoch}") for epoch in (1, 2)]
    told: dict[str, Any] = {"resample": True, "batches": "exact", "epochs": 3}
    killed: list[int] = []
    read = launch.message_in

    def kill_in_the_second(line: str) -> Message | None:
        message = read(line)
        if not killed and message and message.step >= 9:  # of 6 in each epoch
            killed.append(message.step)
            for pid in launch.children:
                os.killpg(pid, signal.SIGKILL)
        return message

    monkeypatch.setattr(launch, "message_in", kill_in_the_second)
    with pytest.raises(TrainingFailed, match="SIGKILL"):
        mix.trained(later=later, **told)
    resumed = mix.trained(later=later, **told)
    assert resumed.facts.steps == 18
    assert resumed.facts.drawn == {"a": 60, "b": 36}, "these mixes hold the same rows"
    mix.forget()
    whole = mix.trained(later=later, **told)
    assert (whole.weights, whole.facts) == (resumed.weights, resumed.facts)


@pytest.mark.slow
def test_a_run_draws_every_epoch_from_the_pool_and_says_what_counts_how_much(
    tiny_recipe: Path, prefect_server: str
) -> None:
    recipe = yaml.safe_load(tiny_recipe.read_text("utf-8"))
    names = list(recipe["sources"])
    recipe["train"] |= {"resample": True, "batches": "exact", "epochs": 2}
    recipe["mix"] |= {"loss_weights": {names[0]: 3}}
    tiny_recipe.write_text(yaml.safe_dump(recipe), "utf-8")
    done = run(recipe=str(tiny_recipe), store=str(tiny_recipe.parent / "store"))
    rows = [ReceiptRow.model_validate(row) for row in done["receipt"]]
    weighed = {row.source: row.loss_weight for row in rows if row.loss_weight is not None}
    assert sum(row.rows * weighed[row.source] for row in rows if row.rows) == pytest.approx(200)
    assert weighed[names[0]] == pytest.approx(3 * weighed[names[1]])
    for row in rows:
        seen = int(row.reason.split("draws anew, ")[1].split()[0].replace(",", ""))
        assert row.rows < seen <= min(row.available, 2 * row.rows) or row.available <= row.rows == seen
