"""Tasks whose rows are more than a text and a label go from sources to a published model, and are compared."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, pipeline

from flows.compare import compare
from flows.pipeline import pipeline as run
from tasks.models.classifier import load, outputs
from tasks.objectives.parts import measures_of

pytestmark = pytest.mark.slow

RECIPES = Path(__file__).parents[2] / "deployments" / "recipes"
NAMES = {"stars": "regression", "topics": "multi-label-classification", "names": "token-classification"} | {
    "answers": "question-answering",
    "pairs": "pair-classification",
}
SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
TYPES = {
    "stars": {"text": pl.String, "value": pl.Float64},
    "topics": {"text": pl.String, "labels": pl.List(pl.String)},
    "names": {"words": pl.List(pl.String), "tags": pl.List(pl.String)},
    "pairs": {"text": pl.String, "pair": pl.String, "label": pl.String},
    "answers": {
        "question": pl.String,
        "context": pl.String,
        "answers": pl.Struct({"text": pl.List(pl.String), "answer_start": pl.List(pl.Int32)}),
    },
}


@pytest.fixture(scope="module")
def folder(make_hotels: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every recipe, with a smaller model and fewer rows."""
    folder = tmp_path_factory.mktemp("hotels")
    make_hotels(folder / "hotels" / "data")
    for name in NAMES:
        recipe = yaml.safe_load((RECIPES / f"{name}.yaml").read_text("utf-8"))
        recipe["mix"] |= {"size": 120}
        recipe["train"] |= {"epochs": 1, "model": recipe["train"]["model"] | {"config": SMALL}}
        recipe |= {"trials": {"size": 60}, "compare": {"seeds": 1, "values": []}}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(recipe, allow_unicode=True), "utf-8")
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_task_goes_from_its_sources_to_a_published_model(name: str, folder: Path, prefect_server: str) -> None:
    done = run(recipe=str(folder / f"{name}.yaml"), store=str(folder / "store"))
    mix, model = Path(done["mix"]["uri"]), Path(done["model"]["uri"])
    train, aside = (pl.read_parquet(sorted(mix.glob(f"data/{side}-*.parquet"))) for side in ("train", "holdout"))
    assert dict(train.schema) == {"row_id": pl.String, "source": pl.String, **TYPES[name], "tokens": pl.UInt32}
    measured = measures_of(NAMES[name])
    metrics = json.loads((model / "metrics.json").read_text("utf-8"))
    assert metrics["rows"] == aside.height
    for measure in measured.measures:
        assert measure.key in metrics
        assert measure.key in metrics["baseline"]
    fields = json.loads((mix / "croissant.json").read_text("utf-8"))["recordSet"][0]["field"]
    assert [field["name"] for field in fields] == train.columns
    assert measured.main.name in (model / "README.md").read_text("utf-8")
    page = Path(done["report"]).read_text("utf-8")
    assert measured.baseline in page
    assert "Worst examples" in page
    assert ("calibration" in metrics) == ("Calibration" in page) == (name in {"topics", "pairs"})


def test_published_models_load_as_their_cards_say(folder: Path, prefect_server: str) -> None:
    models = {name: next(folder.joinpath("store", "models", name).glob("*/model.safetensors")).parent for name in NAMES}
    said = pipeline("text-classification", model=str(models["stars"]))("the room was fine")
    number = outputs(load(models["stars"]), [["the room was fine"]], 48)[0, 0]
    assert said[0]["score"] == pytest.approx(number, abs=1e-4), "a number as it is, not squeezed between 0 and 1"
    assert pipeline("token-classification", model=str(models["names"]))("Ana Costa stayed in Venna") is not None
    assert pipeline("text-classification", model=str(models["topics"]))("the room was fine")[0]["label"]
    tokenizer = AutoTokenizer.from_pretrained(models["answers"])
    reader = AutoModelForQuestionAnswering.from_pretrained(models["answers"])
    assert reader(**tokenizer("who", "Ana stayed", return_tensors="pt")).start_logits.shape[0] == 1


def test_a_pretrained_model_stands_beside_what_it_was(folder: Path, prefect_server: str) -> None:
    store = folder / "store"
    start = next(store.joinpath("models", "pairs").glob("*/model.safetensors")).parent
    again = {"train.model": str(start), "train.learning_rate": 1e-3}
    done = run(recipe=str(folder / "pairs.yaml"), store=str(store), overrides=again)
    before = done["metrics"]["before"]
    assert before["accuracy"] == json.loads((start / "metrics.json").read_text("utf-8"))["accuracy"]
    assert before["gain"] == pytest.approx(done["metrics"]["accuracy"] - before["accuracy"], abs=1e-6)
    assert before["gain_interval"][0] <= before["gain"] <= before["gain_interval"][1]
    for page in (Path(done["report"]), Path(done["model"]["uri"], "README.md")):
        assert "Before its training it reached" in page.read_text("utf-8")


@pytest.mark.parametrize("name", ["answers", "names"])
def test_a_task_is_compared_by_its_own_trials(name: str, folder: Path, prefect_server: str) -> None:
    found = compare(recipe=str(folder / f"{name}.yaml"), store=str(folder / "store"))
    assert found.metric == measures_of(NAMES[name]).compared.key
    assert {arm.name for arm in found.arms} >= {"recipe", "only-letters", "only-forum"}
    assert all(arm.score < 0 for arm in found.arms if arm.score is not None), "minus a loss"
