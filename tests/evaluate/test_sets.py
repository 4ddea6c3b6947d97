"""Evaluation sets: said as sources are, never mixed, kept from what is trained on, and scored as `cuvee eval` does."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from flows.cli.main import app
from flows.cli.validate import validate_recipe
from flows.engine.calls import RunProducts, carry_out
from flows.engine.lookup import LookedUp
from flows.engine.plain import Plain
from flows.steps.blend import blend
from tasks.core.errors import QualityGate, RecipeError
from tasks.predict.task import score_files
from tasks.recipe.model import load_recipe

LABELS = ["bad", "good"]


def told(number: int) -> str:
    """A text of words that no other has, so that nothing nearly repeats it."""
    return " ".join(f"w{number}x{at}" for at in range(15))


def write(path: Path, rows: Mapping[int, str] | list[int]) -> None:
    labels = rows if isinstance(rows, Mapping) else {number: LABELS[number % 2] for number in rows}
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *((told(number), label) for number, label in labels.items())])


def written(folder: Path, sets: Mapping[str, Any] | None = None, **more: Any) -> str:
    """Two sources of sixty rows, and a recipe."""
    for number, name in enumerate(("one", "two")):
        write(folder / f"{name}.csv", [*range(100 * number, 100 * number + 60)])
    recipe: dict[str, Any] = {
        "name": "r",
        "labels": LABELS,
        "sources": {name: {"path": f"{name}.csv"} for name in ("one", "two")},
        "holdout": {"share": 0.3},
        "evaluate": {"resamples": 100, **({"sets": dict(sets)} if sets is not None else {})},
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe | more, sort_keys=False))
    return str(folder / "recipe.yaml")


def made_of(recipe: str, store: Path, until: str) -> RunProducts:
    made = RunProducts()
    carry_out(blend(load_recipe(recipe), Plain(str(store)), made), until)
    return made


def test_rows_of_a_set_are_in_no_mix_and_its_bad_rows_are_counted(tmp_path: Path) -> None:
    write(tmp_path / "set.csv", {**dict.fromkeys(range(30), "up"), 500: "down", 501: "", 502: "up"})
    said = {"path": "set.csv", "labels": {"up": "good", "down": "bad"}, "max_bad": 0.05}
    alone = made_of(written(tmp_path), tmp_path / "store", "mix")
    made = made_of(written(tmp_path, {"field": said}), tmp_path / "store", "mix")
    assert alone.pool
    assert made.pool
    assert made.mix
    (rows,) = made.sets
    assert (rows.rows, rows.accounts[0].quarantined) == (32, 1)
    before, after = (products.account("one") for products in (alone.pool, made.pool))
    assert after.dropped["in_benchmark"] == before.rows - after.rows > 0
    assert (after.holdout, after.usable + sum(after.dropped.values())) == (before.holdout, 60)
    assert made.pool.account("two") == alone.pool.account("two")
    texts = pl.concat(
        [
            pl.read_parquet(tmp_path / "store" / made.mix.path / file.name)
            for file in made.mix.files
            if "train" in file.name
        ]
    )
    assert not {*texts["text"]} & {told(number) for number in range(30)}
    assert {*texts["source"]} == {"one", "two"}


def test_a_recipe_without_sets_keeps_its_keys_and_what_it_publishes(tmp_path: Path) -> None:
    plain, empty = load_recipe(written(tmp_path)), load_recipe(written(tmp_path, {}))
    assert plain.published["evaluate"] == {"resamples": 100, "confidence": 0.95}
    found: list[list[str]] = []
    for loaded in (plain, empty):
        look = LookedUp(str(tmp_path / "store"))
        carry_out(blend(loaded, look, RunProducts()))
        found.append([f"{one.task} {one.subject}" for one in look.found])
    assert found[0] == found[1]
    assert not any("clear-of-sets" in one for one in found[0])


SAME = {
    "path": ({"path": "one.csv"}, {"path": "./one.csv"}),
    "absolute": ({"path": "one.csv"}, {"path": "FOLDER/one.csv", "columns": {"text": "label"}}),
    "glob": ({"path": "*.csv"}, {"path": "two.csv"}),
    "globbed": ({"path": "one.csv"}, {"path": "o*.csv"}),
    "url": ({"path": "https://x.org/a.csv"}, {"path": "https://x.org/a.csv", "max_bad": 0.5}),
    "condition": ({"path": "one.csv", "where": "label = 'bad'"}, {"path": "one.csv", "where": "label = 'bad'"}),
    "hub": ({"hub": "o/x", "revision": "1" * 40}, {"hub": "o/x", "revision": "2" * 40}),
}
OTHER = {
    "file": ({"path": "one.csv"}, {"path": "set.csv"}),
    "condition": ({"path": "one.csv", "where": "label = 'bad'"}, {"path": "one.csv", "where": "label = 'good'"}),
    "member": (
        {"path": "a.zip", "kind": "jsonl", "member": "train*"},
        {"path": "a.zip", "kind": "jsonl", "member": "t"},
    ),
    "split": ({"hub": "o/x", "revision": "1" * 40}, {"hub": "o/x", "revision": "1" * 40, "split": "test"}),
    "database": ({"sql": "sqlite:///a.db", "table": "a"}, {"sql": "sqlite:///a.db", "table": "b"}),
}


def recipe_with(folder: Path, source: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    put = {**wanted, **({"path": wanted["path"].replace("FOLDER", str(folder))} if "path" in wanted else {})}
    return written(folder, {"field": put}, sources={"a": dict(source), "two": {"path": "two.tsv"}})


@pytest.mark.parametrize("how", SAME)
def test_a_set_that_is_a_source_is_refused(how: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"evaluate\.sets\.field: this is read by the source 'a', too"):
        load_recipe(recipe_with(tmp_path, *SAME[how]))


@pytest.mark.parametrize("how", OTHER)
def test_other_rows_of_the_same_place_are_no_source(how: str, tmp_path: Path) -> None:
    assert [*load_recipe(recipe_with(tmp_path, *OTHER[how])).recipe.sets] == ["field"]


@pytest.mark.parametrize(
    ("sets", "more", "place"),
    [
        ({"one": {"path": "s.csv"}}, {}, r"evaluate\.sets\.one: a source has this name"),
        ({"all": {"path": "s.csv"}}, {}, r"evaluate\.sets\.all: an evaluation set is named by"),
        ({"a b": {"path": "s.csv"}}, {}, r"evaluate\.sets\.a b: an evaluation set is named by"),
        ({"s": {"path": "s.csv", "on_failure": "skip"}}, {}, r"evaluate\.sets\.s\.on_failure: .* stops the run"),
        (
            {"s": {"path": "s.csv", "labels": {"x": "goood"}}},
            {},
            r"evaluate\.sets\.s\.labels\.x: 'goood' is",
        ),
        ({"s": {"path": "s.csv", "label_by": {}}}, {}, r"evaluate\.sets\.s\.label_by: made labels are never"),
        ({"s": {"path": "s.csv", "colums": {}}}, {}, r"evaluate\.sets\.s\.colums: unknown key; .*'columns'"),
        (
            {"s": {"path": "s.csv"}},
            {"decontaminate": {"against": {"s": {"path": "t.csv"}}}},
            r"decontaminate\.against\.s: an evaluation set has this name",
        ),
        (
            {"s": {"path": "s.csv", "label": "good"}},
            {"task": "language-modelling", "labels": []},
            r"evaluate\.sets\.s\.label: language modelling has no labels",
        ),
    ],
)
def test_what_a_set_cannot_say_is_told_with_its_place(
    sets: dict[str, Any], more: dict[str, Any], place: str, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match=place):
        load_recipe(written(tmp_path, sets, **more))


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ({}, r"no records"),
        ({1: "good", 2: "meh", 3: "meh"}, r'2 of 3 records are bad .*unmapped_label 2[\s\S]*"meh": null'),
        ({1: ""}, r"1 of 1 records are bad .*missing_label 1"),
    ],
)
def test_a_set_that_cannot_be_measured_on_is_told_by_validate_and_stops_a_run(
    rows: dict[int, str], why: str, tmp_path: Path
) -> None:
    write(tmp_path / "set.csv", rows)
    recipe = written(tmp_path, {"field": {"path": "set.csv"}})
    with pytest.raises(RecipeError, match=rf"evaluate\.sets\.field: [\s\S]*{why}"):
        validate_recipe(recipe, {})
    with pytest.raises(QualityGate, match=r"field"):
        made_of(recipe, tmp_path / "store", "deduplicate")


def test_the_look_ups_tell_of_sets(tmp_path: Path) -> None:
    write(tmp_path / "set.csv", [*range(500, 520)])
    words = [written(tmp_path, {"field": {"path": "set.csv"}}), "--json"]

    def asked(name: str, *more: str) -> Any:
        return json.loads(CliRunner().invoke(app, [name, *words, *more]).stdout)

    assert asked("validate")["sets"]["field"]["labels"] == {"bad": 10, "good": 10}
    store = ("--store", str(tmp_path / "store"))
    assert asked("plan", *store)["sets"] == {"field": 20}
    assert {one["subject"] for one in asked("explain", *store)["tasks"]} >= {"field"}


@pytest.mark.slow
def test_a_run_scores_its_model_on_every_set_as_eval_does(
    tiny_recipe: Path, prefect_server: str, tmp_path: Path
) -> None:
    from flows.pipeline import pipeline

    texts = {
        f"the {word} {thing} of {number}": label
        for number in range(12)
        for thing in ("show", "book")
        for word, label in (("splendid", "up"), ("dreadful", "down"))
    }
    pl.DataFrame({"text": [*texts], "label": [*texts.values()]}).write_csv(tmp_path / "field.csv")
    recipe = yaml.safe_load(tiny_recipe.read_text())
    labels = {"up": "positive", "down": "negative"}
    recipe["evaluate"] = {"resamples": 100, "sets": {"field": {"path": "field.csv", "labels": labels}}}
    tiny_recipe.write_text(yaml.safe_dump(recipe, sort_keys=False))
    store = str(tmp_path / "store")
    done = pipeline(recipe=str(tiny_recipe), store=store)
    found = done["metrics"]["sets"]["field"]
    said: dict[str, Any] = {"labels": labels}
    (same,) = score_files(store, "tiny", [str(tmp_path / "field.csv")], said, io.BytesIO()).files
    assert same.metrics.model_dump(mode="json") == found
    assert (found["rows"], sum(map(sum, found["confusion"]["counts"]))) == (48, 48)
    folder = Path(done["model"]["uri"])
    assert json.loads((folder / "metrics.json").read_text())["sets"]["field"] == found
    assert "\n| field | 48 |" in (folder / "README.md").read_text()
    report = Path(done["report"]).read_text()
    assert "On evaluation sets" in report
    assert report.count("<b>field</b>") == 1
    shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["show", done["run"], "--store", store]).stdout
    assert "Scores on evaluation sets" in shown
