"""What a recipe may say of the stages of its training, and what is wrong with it, each with its place."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.core.errors import RecipeError
from tasks.recipe.model import LoadedRecipe, load_recipe

BASE: dict[str, Any] = {
    "name": "staged",
    "labels": ["no", "yes"],
    "sources": {
        "web": {"path": "web.txt", "unlabelled": True},
        "dvd": {"path": "dvd.csv"},
        "books": {"path": "books.csv"},
    },
    "mix": {"weights": {"dvd": 0.25, "books": 0.75}, "size": 100},
    "train": [
        {"task": "masked-language-modelling", "sources": ["web"], "model": {"architecture": "bert"}},
        {"epochs": 2},
        {"sources": ["dvd"], "mix": {"weights": {"dvd": 1}}, "learning_rate": 1e-5},
    ],
}


def loaded(folder: Path, **more: Any) -> LoadedRecipe:
    (folder / "recipe.yaml").write_text(yaml.safe_dump(BASE | more, sort_keys=False), "utf-8")
    return load_recipe(str(folder / "recipe.yaml"))


def staged(number: int, **more: Any) -> list[dict[str, Any]]:
    """The stages, one of them changed; None takes a key out."""
    stages = [dict(stage) for stage in BASE["train"]]
    stages[number] = {key: value for key, value in (stages[number] | more).items() if value is not None}
    return stages


def test_stages_are_spelled_out(tmp_path: Path) -> None:
    first, second, third = loaded(tmp_path).recipe.stages
    assert [stage.objective.task for stage in (first, second, third)] == [
        "masked-language-modelling",
        "text-classification",
        "text-classification",
    ]
    assert [stage.objective.labels for stage in (first, second)] == [(), ("no", "yes")]
    assert [stage.sources for stage in (first, second, third)] == [("web",), ("dvd", "books"), ("dvd",)]
    assert [stage.shares_mix for stage in (first, second, third)] == [False, True, False]
    assert (first.mix.size, second.mix.size) == ("all", 100)
    assert third.mix.weights.model_dump()["shares"] == {"dvd": 1, "books": 0}
    assert third.settings and third.settings.learning_rate == 1e-5
    assert third.settings.epochs == 3, "what a stage does not say is the default, not what the stage before says"


def test_one_mapping_is_one_stage_on_the_mix(tmp_path: Path) -> None:
    sources = {name: BASE["sources"][name] for name in ("dvd", "books")}
    recipe = loaded(tmp_path, sources=sources, train={"model": {"architecture": "bert"}}).recipe
    (stage,) = recipe.stages
    assert (stage.settings, stage.mix, stage.place) == (recipe.train, recipe.mix, "train")


@pytest.mark.parametrize(
    ("more", "place", "text"),
    [
        ({"train": staged(0, sources=["wbe"])}, "train.0.sources.0", "did you mean 'web'"),
        ({"train": staged(2, sources=["web"], mix=None)}, "train.2.sources", "'web' is unlabelled"),
        ({"train": staged(2, sources=["dvd", "dvd"])}, "train.2.sources", "twice"),
        ({"train": staged(2, mix={"weights": {"books": 1}})}, "train.2.mix.weights.books", "no source of this stage"),
        ({"train": staged(2, mix={"weights": {"kind": "dsir", "target": "dvd"}})}, "train.2.mix.weights", "dsir"),
        ({"train": staged(1, epoch=2)}, "train.1.epoch", "did you mean 'epochs'"),
        ({"train": staged(0, model=None)}, "train.0.model", "the first stage names the model"),
        ({"train": staged(1, model="start")}, "train.1.model", "goes on with the model of the stage before"),
        ({"train": staged(0, tune="head")}, "train.0.tune", "has learned nothing"),
        ({"train": staged(0, task="question-answering")}, "train.0.task", "question, context, answers"),
        ({"train": staged(2, task="language-modelling")}, "train.2.task", "the last stage teaches"),
        ({"train": staged(0, label_smoothing=0.1)}, "train.0.label_smoothing", "bear none such"),
        ({"train": []}, "train", "at least 1 item"),
        ({"mix": {"weights": {"dvd": 1, "books": 1, "web": 1}}}, "mix.weights.web", "'web' is unlabelled"),
        ({"mix": {"max_total_epochs": 3}}, "mix.max_total_epochs", "not counted over the stages"),
        ({"holdout": {"shares": {"web": 0.1}}}, "holdout.shares.web", "'web' is unlabelled"),
        ({"compare": {"target": "web"}}, "compare.target", "'web' is unlabelled"),
        ({"train": staged(0, sources=["dvd"])}, "sources.web.unlabelled", "no stage of `train` learns from it"),
    ],
)
def test_mistakes_are_told_with_their_places(more: dict[str, Any], place: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        loaded(tmp_path, **more)
    told = [line for line in str(caught.value).splitlines() if f": {place}: " in line]
    assert told and text in told[0], str(caught.value)
    assert ".yaml:" in told[0], "with its line"


def test_a_source_without_labels_says_nothing_else_of_them(tmp_path: Path) -> None:
    web = {"path": "web.txt", "unlabelled": True, "label": "yes"}
    with pytest.raises(RecipeError, match="label gives it some"):
        loaded(tmp_path, sources=BASE["sources"] | {"web": web})


def test_settings_of_other_recipes_say_nothing_of_it(tmp_path: Path) -> None:
    assert "unlabelled" not in loaded(tmp_path).recipe.sources["dvd"].model_dump()
