"""A training in stages goes from its sources to a published model, and all that handles runs knows of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from flows.cli.inspect import plan_recipe
from flows.compare import compare
from flows.engine.calls import RunProducts
from flows.engine.plain import Plain
from flows.pipeline import pipeline as run
from flows.steps.trial_setup import trial_setup
from tasks.core.errors import RecipeError
from tasks.history.task import impact_of, ledger_of, trace_row
from tasks.mix.task import replay_mix
from tasks.predict.find import at_hand, find_model
from tasks.recipe.model import load_recipe

pytestmark = pytest.mark.slow

RECIPE = Path(__file__).parents[2] / "deployments" / "recipes" / "stages.yaml"
SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


@pytest.fixture(scope="module")
def folder(make_sources: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recipe of the deployments in small: a third of the rows, one epoch a stage."""
    folder = tmp_path_factory.mktemp("stages")
    make_sources(folder / "demo" / "data", scale=0.4)
    recipe = yaml.safe_load(RECIPE.read_text("utf-8"))
    recipe["mix"] |= {"size": 200}
    recipe["train"][0] |= {"model": {"vocabulary": 400, "config": SMALL}, "max_tokens": 32}
    recipe |= {"trials": {"full": True, "size": 60}, "compare": {"seeds": 1, "values": []}}
    for stage in recipe["train"]:
        stage["epochs"] = 1
    (folder / "stages.yaml").write_text(yaml.safe_dump(recipe, allow_unicode=True), "utf-8")
    return folder


@pytest.fixture(scope="module")
def done(folder: Path, prefect_server: str) -> dict[str, Any]:
    return run(recipe=str(folder / "stages.yaml"), store=str(folder / "store"))


def rows_of(mix: dict[str, Any], side: str) -> pl.DataFrame:
    return pl.read_parquet(sorted(Path(mix["uri"]).glob(f"data/{side}-*.parquet")))


def test_every_stage_has_a_receipt_a_mix_and_a_part_of_the_curve(folder: Path, done: dict[str, Any]) -> None:
    stages = done["stages"]
    assert [stage["task"] for stage in stages] == ["masked-language-modelling"] + ["text-classification"] * 2
    learned = [{row["source"]: row["rows"] for row in stage["receipt"] if row["rows"]} for stage in stages]
    assert [set(rows) for rows in learned] == [{"papers", "news", "social"}, {"news", "social"}, {"news"}]
    assert [set(stage["sources"]) for stage in stages] == [set(rows) for rows in learned]
    assert sum(learned[1].values()) == 200
    assert [rows_of(stage["mix"], "train").height for stage in stages] == [sum(rows.values()) for rows in learned]
    record = json.loads((folder / "store/runs/stages" / done["run"] / "run.json").read_text("utf-8"))
    assert all(stage["curve"] for stage in record["stages"])
    assert record["curve"] == record["stages"][-1]["curve"]
    assert {account["source"] for account in record["accounts"]} == {"papers", "news", "social"}
    page = Path(done["report"]).read_text("utf-8")
    assert "Stage 1 of 3: masked-language-modelling" in page
    assert page.count('<line class="border"') == 3, "two borders, and one in the key"


def test_no_stage_learns_from_what_is_kept_aside(done: dict[str, Any]) -> None:
    aside = pl.concat(rows_of(stage["mix"], "holdout") for stage in done["stages"])
    assert set(aside["source"]) == {"news", "social"}, "nothing is measured without labels"
    held = {text.casefold() for text in aside["text"]}
    for stage in done["stages"]:
        assert rows_of(stage["mix"], "holdout").equals(rows_of(done["mix"], "holdout"))
        assert not held & {text.casefold() for text in rows_of(stage["mix"], "train")["text"]}
    unlabelled = rows_of(done["stages"][0]["mix"], "train").filter(source="papers")
    assert unlabelled["label"].null_count() == unlabelled.height > 0
    assert done["metrics"]["rows"] == rows_of(done["mix"], "holdout").height


def test_only_what_changed_is_trained_again(folder: Path, done: dict[str, Any], prefect_server: str) -> None:
    recipe, store = str(folder / "stages.yaml"), str(folder / "store")
    planned = plan_recipe(recipe, store, {"train.2.learning_rate": 1e-4})
    assert [stage["rows"] for stage in planned["stages"]] == [
        sum(row["rows"] for row in stage["receipt"]) for stage in done["stages"]
    ]
    assert {"train-stage stage 1", "train-stage stage 2"} <= {*planned["cached"]}
    assert "train-stage model" in planned["to_run"]
    again = run(recipe=recipe, store=store, overrides={"train.2.learning_rate": 1e-4})
    record = json.loads((folder / "store/runs/stages" / again["run"] / "run.json").read_text("utf-8"))
    states = {note["subject"]: note["state"] for note in record["tasks"] if note["name"] == "train-stage"}
    assert states == {"stage 1": "cached", "stage 2": "cached", "model": "run"}
    assert again["model"]["id"] != done["model"]["id"]


def test_looking_back_finds_every_stage(folder: Path, done: dict[str, Any]) -> None:
    store, first = str(folder / "store"), done["stages"][0]["mix"]
    traced = trace_row(store, first["id"], "3")
    assert traced["mix"] == first["id"]
    assert first["id"] in {mix["mix"] for mix in impact_of(store, "papers")["mixes"]}
    assert ledger_of(store, "stages")["sources"]["papers"]["epochs"] == pytest.approx(1)
    assert replay_mix(store, f"mixes/stages/{first['id']}", None)["same_bytes"]
    with at_hand(find_model(store, f"stages/{done['model']['id']}")) as model:
        assert model.mix == done["mix"]["id"]
        assert model.earlier == tuple(stage["mix"]["id"] for stage in done["stages"][:-1])
    card = (Path(done["model"]["uri"]) / "README.md").read_text("utf-8")
    assert "trained in 3 stages" in card
    assert f"Stage 1, masked-language-modelling: mix `{first['id']}`" in card


def test_mixes_are_compared_between_the_same_stages(folder: Path, prefect_server: str) -> None:
    recipe, store = str(folder / "stages.yaml"), str(folder / "store")
    compared = compare(recipe=recipe, store=store, arms=["only-news"])
    assert {arm.name for arm in compared.arms} == {"recipe", "only-news"}
    assert not [arm.error for arm in compared.arms if arm.error]
    own = {"train.1.mix": {"size": 50}}
    with pytest.raises(RecipeError, match="each has a mix or sources of its own"):
        trial_setup(load_recipe(recipe, own), Plain(store), RunProducts())
