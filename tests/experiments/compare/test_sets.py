"""Evaluation sets in comparisons and searches: every mix is scored on each, and one of them may be the target."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from tasks.core.errors import RecipeError
from tasks.recipe.model import load_recipe

Write = Callable[..., Path]


def asked(command: str, recipe: Path, store: Path, *more: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, [command, str(recipe), "--store", str(store), "--json", *more])
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


def with_sets(folder: Path, write_recipe: Write, **sections: Any) -> Path:
    """Sets of the words that `food` and `film` tell, which no source has in these texts."""
    for name, words in {"meals": ("tasty", "stale"), "movies": ("gripping", "dull")}.items():
        texts = [f"{name} {at} x{at} y{at} {words[at % 2]}" for at in range(300)]
        pl.DataFrame({"text": texts, "label": ["good", "bad"] * 150}).write_csv(folder / f"{name}.csv")
    sets = {name: {"path": f"{name}.csv"} for name in ("meals", "movies")}
    return write_recipe(folder, evaluate={"sets": sets}, **sections)


def test_a_target_is_a_source_or_a_set(tmp_path: Path, write_recipe: Write) -> None:
    recipe = with_sets(tmp_path, write_recipe)
    for section in ("search", "compare"):
        assert getattr(load_recipe(str(recipe), {f"{section}.target": "meals"}).recipe, section).target == "meals"
        with pytest.raises(RecipeError, match=r"no source or evaluation set has this name .*did you mean 'meals'"):
            load_recipe(str(recipe), {f"{section}.target": "meal"})
    with pytest.raises(RecipeError, match=r"no source has this name \('meals'\)"):
        load_recipe(str(recipe), {"mix.weights": {"kind": "dsir", "target": "meals"}})


@pytest.mark.slow
def test_every_mix_is_scored_on_every_set(tmp_path: Path, write_recipe: Write, prefect_server: str) -> None:
    mix = {"weights": {"food": 0.5, "film": 0.5, "noise": 0}}
    recipe, store = with_sets(tmp_path, write_recipe, mix=mix, compare={"values": []}), tmp_path / "store"
    found = asked("compare", recipe, store)
    arms = {arm["name"]: arm for arm in found["arms"]}
    assert {*arms["recipe"]["by_source"]} == {"food", "film", "noise", "meals", "movies", "all"}
    assert arms["recipe"]["by_source"]["meals"]["rows"] == 300
    assert {*found["judged"]} == {"food", "film", "noise"}, "sets are no sources: the mean is over the hold-outs"
    assert [home["source"] for home in found["at_home"]] == ["food", "film", "noise"]
    on = {(one["name"], one["arm"]): one for one in found["on_sets"]}
    assert {*on} == {(name, arm) for name in ("meals", "movies") for arm in arms if arm != "recipe"}
    for (name, arm), one in on.items():
        assert one["low"] <= one["estimate"] <= one["high"]
        assert one["estimate"] == pytest.approx(one["mix"] - one["other"])
        assert one["other"] == pytest.approx(arms[arm]["by_source"][name]["score"])
    assert on["meals", "only-film"]["outcome"] == on["movies", "only-food"]["outcome"] == "gain"
    page = Path(found["report"]).read_text("utf-8")
    assert "On evaluation sets" in page
    assert "meals</bdi>: recipe − only-film" in page
    apart = found["disagreements"]
    assert "Where they disagree" in page
    assert apart["mix"] > apart["single"]
    kinds = [(row["mix"] == row["label"], row["single"] == row["label"]) for row in apart["rows"]]
    assert [*dict.fromkeys(kinds)] == [(True, False), (False, True)], "either kind, each right on one side alone"
    assert len(kinds) == min(apart["mix"], 4) + min(apart["single"], 4)
    assert all(row["text"].startswith(row["source"]) for row in apart["rows"])
    judged = asked("compare", recipe, store, "--set", "compare.target=meals")
    assert (judged["judged"], judged["trials"]["run"]) == ({"meals": 300}, 0)
    assert judged["sentence"].startswith("On meals, ")
    ours = next(arm for arm in judged["arms"] if arm["name"] == "recipe")
    assert ours["score"] == pytest.approx(arms["recipe"]["by_source"]["meals"]["score"])
    learned = asked("search", recipe, store, "--set", "search.target=movies", "--set", "search.trials=10")
    assert learned["target"] == ["movies"]
    trials = [json.loads(file.read_text()) for file in (store / "searches/small/trials").rglob("*.json")]
    assert trials
    assert {name for trial in trials for name in trial["folds"]} >= {"movies"}
    assert {*learned["weights"]} == {"food", "film", "noise"}
    beside = asked("compare", recipe, store)
    assert "learned" in {name for arm in beside["arms"] for name in (arm["name"], *arm["also"])}
