"""Smoothed labels, mixed examples, a teacher: losses as their formulas give them, and the plain one without them."""

import json
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
import yaml
from pydantic import ValidationError
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    T5Config,
    set_seed,
)

from flows.pipeline import pipeline as run
from tasks.core.errors import RecipeError
from tasks.core.records import Objective
from tasks.evaluate.settings import EvaluateSettings
from tasks.evaluate.teacher import beside_teacher, teacher_of
from tasks.manifests.scores import Metrics
from tasks.models.vocabularies import ended_byte_pairs
from tasks.objectives.parts import measures_of
from tasks.recipe.model import load_recipe
from tasks.train.settings import BuiltModel, DistilSettings, TrainSettings
from tasks.train.softened import Softened, mixed_inputs
from tasks.train.teacher import with_targets_written

SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
SIZES: dict[str, dict[str, Any]] = {
    "bert": SMALL,
    "distilbert": {"dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 32},
    "xlnet": {"d_model": 16, "n_layer": 1, "n_head": 2, "d_inner": 32},
}
BATCH = {
    "input_ids": torch.tensor([[5, 6, 7, 8], [9, 4, 0, 0], [3, 3, 2, 0]]),
    "attention_mask": torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 0]]),
    "labels": torch.tensor([0, 2, 1]),
}


def model(architecture: str = "bert") -> Any:
    set_seed(0)
    config = AutoConfig.for_model(architecture, vocab_size=40, pad_token_id=0, num_labels=3, **SIZES[architecture])
    return AutoModelForSequenceClassification.from_config(config).eval()


def softened(**settings: Any) -> Softened:
    made = Softened.wanted(TrainSettings(model=BuiltModel(), **settings), 3)
    assert made
    return made


def close(wanted: torch.Tensor) -> Any:
    """Numbers as near as two ways of reckoning with float32 give them."""
    return pytest.approx(wanted.tolist(), rel=1.3e-6, abs=1e-5)


def test_smoothing_is_what_torch_says() -> None:
    each, outputs = softened(label_smoothing=0.2).losses(model(), BATCH, (0, 0))
    wanted = torch.nn.functional.cross_entropy(outputs.logits, BATCH["labels"], label_smoothing=0.2, reduction="none")
    assert each.tolist() == close(wanted)


@pytest.mark.parametrize("architecture", SIZES)
def test_a_batch_mixed_with_itself_is_the_batch(architecture: str) -> None:
    learner, given = model(architecture), {name: BATCH[name] for name in ("input_ids", "attention_mask")}
    mixed = mixed_inputs(learner, given, 0.3, torch.arange(3))
    with torch.no_grad():
        assert learner(**mixed).logits.flatten().tolist() == close(learner(**given).logits.flatten())


def test_mixed_labels_are_priced_by_their_shares_and_hang_on_seed_and_step() -> None:
    learner, mixing = model(), softened(mixup=0.4)
    each, outputs = mixing.losses(learner, BATCH, (7, 0))
    again, _ = mixing.losses(learner, BATCH, (7, 0))
    other, _ = mixing.losses(learner, BATCH, (8, 0))
    assert torch.equal(each, again)
    assert not torch.equal(each, other)
    logs = -outputs.logits.log_softmax(-1)
    assert ((each >= logs.min(1).values - 1e-5) & (each <= logs.max(1).values + 1e-5)).all()
    each.sum().backward()
    assert learner.get_input_embeddings().weight.grad.abs().sum() > 0


def test_nothing_is_softened_unasked_and_what_cannot_be_mixed_is_refused() -> None:
    assert Softened.wanted(TrainSettings(model=BuiltModel()), 0) is None
    assert "mixup" not in TrainSettings(model=BuiltModel()).model_dump()
    reader = AutoModelForSequenceClassification.from_config(
        AutoConfig.for_model("bart", vocab_size=40, d_model=16, encoder_layers=1, decoder_layers=1)
    )
    with pytest.raises(RecipeError, match=r"train\.mixup mixes what a model reads, and bart also writes"):
        softened(mixup=0.2).refuse(reader)
    with pytest.raises(ValidationError, match="a mixed example is of two sources"):
        TrainSettings.model_validate({"model": "start", "mixup": 0.2, "online": "odm"})
    with pytest.raises(ValidationError, match="label_smoothing"):
        TrainSettings.model_validate({"model": "start", "label_smoothing": 1.0})


def test_a_teacher_is_learned_from_by_its_divergence_and_one_who_agrees_teaches_nothing() -> None:
    distil = {"teacher": "t", "temperature": 3.0, "weight": 0.25}
    teacher = torch.tensor([[1.0, 0.0, -2.0], [0.5, 0.5, 0.0], [3.0, -1.0, 0.0]])
    learner = model()
    each, outputs = softened(distil=distil).losses(learner, BATCH | {"teacher": teacher}, (0, 0))
    hard = torch.nn.functional.cross_entropy(outputs.logits, BATCH["labels"], reduction="none")
    apart = torch.nn.functional.kl_div(
        (outputs.logits / 3).log_softmax(-1), (teacher / 3).softmax(-1), reduction="none"
    ).sum(-1)
    assert each.tolist() == close(0.75 * hard + 0.25 * 9 * apart)
    agreed = BATCH | {"teacher": outputs.logits.detach()}
    alone, _ = softened(distil=distil | {"weight": 1.0}).losses(learner, agreed, (0, 0))
    assert alone.tolist() == pytest.approx([0, 0, 0], abs=1e-5)


@pytest.mark.slow
def test_a_small_classifier_learns_from_a_large_one_and_stands_beside_it(
    tiny_recipe: Path, prefect_server: str
) -> None:
    recipe, store = yaml.safe_load(tiny_recipe.read_text("utf-8")), tiny_recipe.parent / "store"
    first = run(recipe=str(tiny_recipe), store=str(store))
    assert "teacher" not in first["metrics"]
    teacher = os.path.relpath(first["model"]["uri"], tiny_recipe.parent)
    recipe["train"] |= {"distil": {"teacher": f"./{teacher}"}, "label_smoothing": 0.1, "mixup": 0.2}
    tiny_recipe.write_text(yaml.safe_dump(recipe | {"name": "student"}), "utf-8")
    done = run(recipe=str(tiny_recipe), store=str(store))
    beside, measured = done["metrics"]["teacher"], measures_of("text-classification").main.key
    assert beside[measured] == first["metrics"][measured]
    assert beside["gain"] == pytest.approx(done["metrics"][measured] - beside[measured], abs=1e-5)
    low, high = beside["gain_interval"]
    assert low <= beside["gain"] <= high
    page = Path(json.loads(next(store.glob("runs/student/*/run.json")).read_text("utf-8"))["report"]).read_text("utf-8")
    assert "its teacher reaches" in page
    tiny_recipe.write_text(yaml.safe_dump(recipe | {"labels": ["good", "bad"]}), "utf-8")
    with pytest.raises(RecipeError, match=r"train\.distil\.teacher: its labels are .*; a teacher has the same labels"):
        load_recipe(str(tiny_recipe), {f"sources.{name}.labels": None for name in recipe["sources"]})


@pytest.mark.parametrize("task", ["regression", "language-modelling"])
def test_what_a_row_bears_no_label_for_is_refused(tmp_path: Path, task: str) -> None:
    train = {"model": {"architecture": "bert"}, "distil": {"teacher": "org/large"}, "label_smoothing": 0.1}
    recipe = {"name": "r", "task": task, "sources": {"a": {"path": "a.csv"}}, "train": train}
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    with pytest.raises(RecipeError, match=r"train\.distil: a teacher gives the label of a row") as refused:
        load_recipe(str(tmp_path / "r.yaml"))
    assert "train.label_smoothing: it makes one label of a row less certain" in str(refused.value)


def test_a_teacher_that_writes_gives_the_targets_and_its_scores_stand_beside(tmp_path: Path) -> None:
    texts = ["the room was warm", "the bed was cold"]
    tokenizer = ended_byte_pairs(300, texts * 30)
    config = T5Config(vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    config.decoder_start_token_id = config.pad_token_id
    set_seed(0)
    AutoModelForSeq2SeqLM.from_config(config).save_pretrained(tmp_path / "large")
    tokenizer.save_pretrained(tmp_path / "large")
    distil, objective = DistilSettings(teacher="large"), Objective(task="sequence-to-sequence")
    mix = pl.DataFrame({"text": texts, "target": ["x", "y"]})
    written = with_targets_written(distil, str(tmp_path), objective, mix, 12)
    assert written["text"].to_list() == texts
    assert written["target"].null_count() == 0
    assert written.equals(with_targets_written(distil, str(tmp_path), objective, mix, 12))
    assert teacher_of(distil, objective, str(tmp_path)).labels == ()
    lines = pl.DataFrame({"row_id": ["a:1", "a:2", "a:3"], "source": "a", "loss": [1.0, 2.0, 4.0]})
    answers = lines.with_columns(pl.col("loss") + pl.Series([1.0, 0.0, 2.0]))
    told = beside_teacher(Metrics(), lines, (answers, Metrics()), (), EvaluateSettings(), 0).teacher
    assert told
    assert told.gain == 1.0
    assert told.gain_interval
    assert told.gain_interval[0] < 1.0 < told.gain_interval[1]
