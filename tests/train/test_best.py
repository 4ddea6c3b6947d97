"""The weights that are published are those with the least loss on the validation rows, whatever interrupts."""

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tasks.core.errors import TrainingFailed
from tasks.core.records import Objective
from tasks.manifests.manifest import FileFact, Manifest
from tasks.manifests.model import ModelFacts
from tasks.manifests.pool import MixFacts
from tasks.models.classifier import load, probabilities
from tasks.store.storage import open_store
from tasks.train import launch
from tasks.train.checkpoints import BEST, BEST_FILE, Mirror
from tasks.train.job import Message
from tasks.train.settings import BuiltModel, TrainSettings
from tasks.train.task import probe_model, train_model

pytestmark = pytest.mark.slow

LABELS = ("negative", "positive")
OBJECTIVE = Objective(task="text-classification", labels=LABELS)
CONFIG = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
SETTINGS: dict[str, Any] = {
    "model": BuiltModel(vocabulary=400, config=CONFIG | {"hidden_dropout_prob": 0.0}),
    "epochs": 12,
    "batch_size": 16,
    "learning_rate": 1e-2,
    "max_tokens": 32,
}


def write_rows(path: Path, source: str, size: int, seed: int, wrong: float) -> None:
    """Texts that one word decides, of which a share bears the wrong label: what is learned by heart does not hold."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(2, size=size)
    texts = [f"a {('dull', 'fine')[number]} film, {rng.integers(10**6)} of {rng.integers(10**6)}" for number in kind]
    labels = [LABELS[number] for number in np.where(rng.random(size) < wrong, 1 - kind, kind)]
    rows = {"row_id": [f"{source}:{seed}:{n}" for n in range(size)], "source": source, "text": texts, "label": labels}
    pl.DataFrame(rows).with_columns(pl.lit(8, pl.UInt32).alias("tokens")).write_parquet(path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Manifest[MixFacts]]]:
    """Mixes: `made(rows of a in validation, rows of b, rows of c)`; c is in no training row."""

    def make(*validation: int) -> tuple[Path, Manifest[MixFacts]]:
        store = tmp_path_factory.mktemp("store")
        (folder := store / "snapshots/mix/m/data").mkdir(parents=True)
        write_rows(folder / "a.parquet", "a", 96, 0, 0.3)
        write_rows(folder / "b.parquet", "b", 96, 1, 0.3)
        pl.concat([pl.read_parquet(folder / f"{name}.parquet") for name in "ab"]).write_parquet(
            folder / "train-00000.parquet"
        )
        (folder / "a.parquet").unlink()
        (folder / "b.parquet").unlink()
        for number, (source, rows) in enumerate(zip("abc", validation, strict=True), 2):
            write_rows(folder / f"validation-{source}.parquet", source, rows, number, 0.0)
            write_rows(folder / f"holdout-{source}.parquet", source, 20, number + 10, 0.0)
        files = tuple(FileFact(name=f"data/{path.name}", bytes=1, sha256="") for path in sorted(folder.iterdir()))
        said = {"stage": "mix", "subject": "mix", "key": "m", "path": "snapshots/mix/m"}
        return store, Manifest[MixFacts](**said, files=files, rows=192, facts=MixFacts(receipt=()))

    return make


def trained(mix: tuple[Path, Manifest[MixFacts]], **more: Any) -> tuple[Manifest[ModelFacts], list[dict[str, float]]]:
    chosen = TrainSettings(**(SETTINGS | more))
    model = train_model.of("model").run(
        str(mix[0]), [probe_model.function(chosen, ".")], [mix[1]], chosen, OBJECTIVE, 0, "."
    )
    return model, json.loads((mix[0] / model.path / "training-curve.json").read_text())


def mean_of_sources(store: Path, model: Manifest[ModelFacts], sources: str) -> float:
    """The published model's loss on the validation rows, from its probabilities."""
    means: list[float] = []
    for source in sources:
        rows = pl.read_parquet(store / f"snapshots/mix/m/data/validation-{source}.parquet")
        chances = probabilities(load(store / model.path / "model"), [rows["text"].to_list()], 32)
        truth = [LABELS.index(label) for label in rows["label"]]
        means.append(float(-np.log(chances[np.arange(len(truth)), truth]).mean()))
    return float(np.mean(means))


def test_the_best_weights_are_published_and_the_curve_says_where_they_stood(
    made: Callable[..., tuple[Path, Manifest[MixFacts]]],
) -> None:
    mix = made(60, 20, 30)
    model, curve = trained(mix)
    losses = {point["step"]: point["validation_loss"] for point in curve if "validation_loss" in point}
    best = min(losses, key=lambda step: losses[step])
    assert max(losses) == model.facts.steps == 144, "the last step is measured, too"
    assert best < 144, "this training learns its wrong labels by heart"
    assert [point["step"] for point in curve if "kept" in point] == [best] == [model.facts.kept]
    assert mean_of_sources(mix[0], model, "ab") == pytest.approx(losses[best], rel=1e-4), "the mean of its own sources"
    assert not [file.name for file in model.files if BEST_FILE in file.name]
    folder = mix[0] / model.path / "model"
    assert AutoModelForSequenceClassification.from_pretrained(folder).config.id2label == {0: "negative", 1: "positive"}
    assert AutoTokenizer.from_pretrained(folder).model_max_length >= 32
    last, whole = trained(mix, keep="last")
    assert last.facts.kept is None
    assert mean_of_sources(mix[0], last, "ab") == pytest.approx(losses[144], rel=1e-4)
    assert [point.get("validation_loss") for point in whole] == [point.get("validation_loss") for point in curve]
    short, _ = trained(mix, patience=3)
    assert short.facts.kept == best
    assert short.facts.steps == best + 3 * 7, "a twentieth of the training is 7 steps"


def test_too_few_validation_rows_of_the_mixs_own_sources_keep_the_last_weights(
    made: Callable[..., tuple[Path, Manifest[MixFacts]]],
) -> None:
    model, curve = trained(made(30, 19, 200), epochs=2)
    assert model.facts.kept is None
    assert "holdout_loss" in curve[-1]


def test_an_interrupted_training_publishes_the_same_best_weights(
    made: Callable[..., tuple[Path, Manifest[MixFacts]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    mix = made(60, 20, 30)
    read, killed = launch.message_in, list[int]()

    def kill_late(line: str) -> Message | None:
        message = read(line)
        if not killed and message and message.step >= 100:
            killed.append(message.step)
            for pid in launch.children:
                os.killpg(pid, signal.SIGKILL)
        return message

    monkeypatch.setattr(launch, "message_in", kill_late)
    with pytest.raises(TrainingFailed, match="the same command goes on"):
        trained(mix)
    resumed, curve = trained(mix)
    assert resumed.facts.kept
    assert resumed.facts.kept < killed[0], "the best weights are from before the interruption"
    (mix[0] / resumed.path / "manifest.json").unlink()
    shutil.rmtree(mix[0] / "snapshots/train", ignore_errors=True)
    whole, undisturbed = trained(mix)
    assert curve == undisturbed
    assert resumed.facts == whole.facts
    assert resumed.file("model/model.safetensors").sha256 == whole.file("model/model.safetensors").sha256


def test_the_best_weights_outlive_the_machine(tmp_path: Path, bucket: str) -> None:
    store, folder = open_store(bucket), tmp_path / "checkpoints"
    with Mirror(store, "snapshots/train/x", folder) as mirror:
        for best, last in ((10, 10), (20, 20), (20, 30)):
            for name, file in ((f"{BEST}{best}", BEST_FILE), (f"checkpoint-{last}", "trainer_state.json")):
                (folder / name).mkdir(exist_ok=True)
                (folder / name / "model.safetensors").write_text(name)
                (folder / name / file).write_text("{}")
            mirror.push()
        (folder / f"{BEST}40").mkdir()
        mirror.push()
    with Mirror(store, "snapshots/train/x", elsewhere := tmp_path / "elsewhere"):
        assert sorted(path.name for path in elsewhere.iterdir()) == [f"{BEST}20", "checkpoint-30"]
        assert (elsewhere / f"{BEST}20" / "model.safetensors").read_text() == f"{BEST}20"
