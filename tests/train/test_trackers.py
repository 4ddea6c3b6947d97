"""Trackers are told what training tells, of every source, too; whoever is told changes no weight, and one that is not
there is refused before anything is made.
"""

import importlib.util
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tasks.core.records import Objective
from tasks.manifests.manifest import Manifest
from tasks.manifests.model import TRACKERS, USAGE, ModelFacts, Usage
from tasks.train import settings as settings_module
from tasks.train.job import Tracked
from tasks.train.settings import TrainSettings
from tasks.train.task import probe_model, train_model
from tests.train.conftest import LABELS, SETTINGS

pytestmark = pytest.mark.slow

SHARES = {"news": 60, "文章": 30}
RECIPE = {"name": "small", "sources": {"news": {"path": "${WHERE}/news.csv"}}}


def told(store: Path, mix: Any, *trackers: str, **more: Any) -> tuple[Manifest[ModelFacts], Path]:
    """Train on a mix; give the model, and where trackers wrote."""
    chosen = TrainSettings(**(SETTINGS | {"report_to": trackers} | more))
    objective = Objective(task="text-classification", labels=LABELS)
    given = ([probe_model.function(chosen, ".")], [mix.manifest], chosen, objective, 0, ".", None)
    model = train_model.of("model").run(str(store), *given, Tracked(name="small", recipe=RECIPE))
    return model, store / model.path / TRACKERS


def needs(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=f"{name} is not installed")


@needs("tensorboard")
@pytest.mark.parametrize("more", [{}, {"label_smoothing": 0.1}, {"online": "odm"}])
def test_tensorboard_is_told_losses_and_shares_of_every_source(
    more: dict[str, Any], tiny_mix: Callable[..., Any]
) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    mix = tiny_mix(SHARES)
    model, folder = told(mix.store, mix, "tensorboard", **more)
    read = EventAccumulator(str(folder / "tensorboard"))
    read.Reload()
    curve = json.loads((mix.store / model.path / "training-curve.json").read_bytes())

    def series(name: str) -> dict[int, float]:
        return {one.step: one.value for one in read.Scalars(name)}

    assert series("train/loss") == pytest.approx({one["step"]: one["loss"] for one in curve if "loss" in one}, rel=1e-5)
    aside = {one["step"]: one["holdout_loss"] for one in curve if "holdout_loss" in one}
    assert series("eval/loss") == pytest.approx(aside, rel=1e-5)
    assert series("eval/loss/kept") == pytest.approx(aside, rel=1e-5), "nothing else is kept aside"
    shares = [series(f"train/share/{name}") for name in SHARES]
    assert [sum(each) for each in zip(*(one.values() for one in shares), strict=True)] == pytest.approx(
        [1.0] * len(shares[0])
    )
    losses = [series(f"train/loss/{name}") for name in SHARES]
    if not more:
        mean = {
            step: sum(loss[step] * share[step] for loss, share in zip(losses, shares, strict=True))
            for step in losses[0]
        }
        assert mean == pytest.approx(series("train/loss"), rel=1e-3)
    assert b"${WHERE}/news.csv" in read.Tensors("recipe/text_summary")[0].tensor_proto.string_val[0]


@needs("tensorboard")
def test_whoever_is_told_changes_no_weight(tiny_mix: Callable[..., Any]) -> None:
    mix = tiny_mix(SHARES)
    alone, nothing = told(mix.store, mix)
    model, _ = told(mix.store, mix, "tensorboard")
    assert model.fingerprint == alone.fingerprint
    assert model.key != alone.key
    assert not nothing.exists()


@needs("wandb")
def test_wandb_stays_offline(tiny_mix: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_MODE", raising=False)
    mix = tiny_mix(SHARES)
    _, folder = told(mix.store, mix, "wandb")
    (run,) = (folder / "wandb").glob("offline-run-*")
    (file,) = run.glob("*.wandb")
    content = file.read_bytes()
    for name in ("loss/news", "share/文章", "${WHERE}/news.csv", "small"):
        assert name.encode() in content or json.dumps(name)[1:-1].encode() in content, name


@needs("mlflow")
def test_mlflow_writes_into_a_file(tiny_mix: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    mix = tiny_mix(SHARES)
    _, folder = told(mix.store, mix, "mlflow")
    with sqlite3.connect(folder / "mlflow.db") as there:
        assert {"loss", "loss/news", "share/文章"} <= {
            key for (key,) in there.execute("SELECT DISTINCT key FROM metrics")
        }
        ((recipe,),) = there.execute("SELECT value FROM tags WHERE key = 'recipe'").fetchall()
    assert json.loads(recipe) == RECIPE


def test_a_tracker_that_is_not_there_is_refused_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_module.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ValidationError, match=r"report_to: wandb is not installed: pip install 'cuvee\[trackers\]'"):
        TrainSettings(**(SETTINGS | {"report_to": ("wandb",)}))


def test_a_training_says_what_it_took_and_a_price_trains_nothing_again(tiny_mix: Callable[..., Any]) -> None:
    mix = tiny_mix(SHARES)
    model, _ = told(mix.store, mix)
    took = Usage.model_validate_json((mix.store / model.path / USAGE).read_bytes())
    assert 0 < took.seconds < 600
    assert 10**7 < took.memory < 10**11
    priced = TrainSettings(**SETTINGS, price_per_hour=2.5)
    assert priced.learning.model_dump() == TrainSettings(**SETTINGS).model_dump()


def test_what_a_training_cost_is_its_share_of_an_hour() -> None:
    took = Usage(seconds=1_800, memory=2 * 10**9, price_per_hour=3)
    assert took.cost == 1.5
    assert took.told() == ["1,800.0 s of training", "at most 2.00 GB of memory", "1.5 at 3 an hour"]
    gpu = Usage(seconds=1, memory=10**9, gpus=2, gpu_memory=3 * 10**9, joules=7_200.0)
    assert gpu.told()[2:] == ["3.00 GB of that of a GPU", "2 Wh by the GPUs"]
    assert gpu.cost is None
