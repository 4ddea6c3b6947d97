"""`cuvee search` on sources whose best mix is known: found, confirmed, used by a run, gone on with, learned from
again."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flows.cli.inspect import plan_recipe
from flows.search import search
from tasks.core.errors import CuveeError, NotEnoughData, RecipeError, TrainingFailed

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


class Searched(NamedTuple):
    """A search that was carried out."""

    recipe: str
    store: str
    found: dict[str, Any]


@pytest.fixture(scope="module")
def searched(
    tmp_path_factory: pytest.TempPathFactory, prefect_server: str, write_planted: Callable[[Path], str]
) -> Searched:
    folder = tmp_path_factory.mktemp("planted")
    recipe, store = write_planted(folder), str(folder / "store")
    command = [sys.executable, "-m", "flows.cli.main", "search", recipe, "--store", store, "--json"]
    environment = dict(os.environ) | {"PREFECT_API_URL": prefect_server}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return Searched(recipe, store, json.loads(done.stdout))


def test_the_planted_mix_is_found_and_pays(searched: Searched) -> None:
    found = searched.found
    assert found["outcome"] == "gain"
    assert found["weights"]["left"] == pytest.approx(0.5, abs=0.17)
    assert found["weights"]["right"] == pytest.approx(0.5, abs=0.17)
    assert found["weights"]["junk"] < 0.08
    assert found["weights"]["asked"] == 0
    assert all(one["interval"][0] > 0 for one in found["confirmed"]["against"])
    assert len(found["trials"]) == 24


def test_it_leaves_trials_a_record_a_report_and_the_pointer(searched: Searched) -> None:
    folder = Path(searched.store, "searches/planted")
    assert len(list((folder / "trials").iterdir())) == 24
    latest = json.loads((folder / "latest.json").read_text())
    assert latest["weights"] == searched.found["weights"]
    assert set(latest["fingerprints"]) == {"left", "right", "junk", "asked"}
    assert json.loads((folder / latest["search"] / "search.json").read_text())["sentence"] == searched.found["sentence"]
    page = Path(searched.found["report"]).read_text("utf-8")
    assert searched.found["sentence"] in page
    assert page.count("round 1</small>") == 12
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_same_search_again_makes_nothing_and_finds_the_same(searched: Searched) -> None:
    made = {path: path.stat().st_mtime_ns for path in Path(searched.store, "snapshots").rglob("manifest.json")}
    again = search(recipe=searched.recipe, store=searched.store).model_dump(mode="json")
    assert again["weights"] == searched.found["weights"]
    assert again["confirmed"] == searched.found["confirmed"]
    assert {path: path.stat().st_mtime_ns for path in Path(searched.store, "snapshots").rglob("manifest.json")} == made


def test_a_mix_with_learned_weights_has_them(searched: Searched) -> None:
    plan = plan_recipe(searched.recipe, searched.store, {"mix.weights": "learned"})
    assert {row.source: row.weight for row in plan["receipt"]} == pytest.approx(searched.found["weights"], abs=1e-5)
    with pytest.raises(RecipeError, match="no search of 'other'"):
        plan_recipe(searched.recipe, searched.store, {"mix.weights": "learned", "name": "other"})


def test_a_search_that_was_stopped_goes_on(searched: Searched, tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    with contextlib.suppress(
        NotEnoughData
    ):  # as many trials as fit the cores at once: on few cores too few to learn from
        search(recipe=searched.recipe, store=store, minutes=1e-6)
    notes = [json.loads(path.read_text()) for path in Path(store, "searches/planted/trials").iterdir()]
    done = {trial["name"]: trial["id"] for trial in notes}
    assert 0 < len(done) < 24
    whole = search(recipe=searched.recipe, store=store).model_dump(mode="json")
    assert done.items() <= {trial["name"]: trial["id"] for trial in whole["trials"]}.items()
    assert whole["weights"] == searched.found["weights"]


def test_data_that_changed_are_told_and_what_still_holds_is_learned_from(tmp_path: Path, searched: Searched) -> None:
    shutil.copytree(Path(searched.recipe).parent, tmp_path / "planted")
    recipe, store = str(tmp_path / "planted/recipe.yaml"), str(tmp_path / "planted/store")
    with (tmp_path / "planted/junk.csv").open("a") as file:
        file.write("word1 word3 word5 word7 word9,yes\n")
    with pytest.raises(
        RecipeError, match=r"learned, but since search .* junk has changed\. `cuvee search RECIPE` learns anew"
    ):
        plan_recipe(recipe, store, {"mix.weights": "learned"})
    found = search(recipe=recipe, store=store, trials=8).model_dump(mode="json")
    assert found["counts"]["own"] == 8
    assert found["counts"]["earlier"] == sum(trial["weights"]["junk"] == 0 for trial in searched.found["trials"]) > 0
    assert any("trials of earlier searches were not used: junk has changed since" in note for note in found["notes"])
    assert any(trial["weights"] == searched.found["weights"] and trial["round"] == 1 for trial in found["trials"]), (
        "what was found is tried again"
    )


@pytest.mark.parametrize(
    ("overrides", "error", "said"),
    [
        ({"search.trials": 3}, RecipeError, "3 trials are too few"),
        ({"mix.max_epochs": 0.01}, RecipeError, "limits leave no choice"),
        ({"holdout.shares": {"asked": 0.02}}, RecipeError, "too few rows are kept aside"),
        ({"trials.learning_rate": 1e38}, TrainingFailed, "none of 12 trials gave a result"),
        (
            {"search.target": "askd"},
            RecipeError,
            r"search\.target: no source or evaluation set .* did you mean 'asked'",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_cannot_be_searched_says_why(
    searched: Searched, overrides: dict[str, Any], error: type[CuveeError], said: str, prefect_server: str
) -> None:
    with pytest.raises(error, match=said):
        search(recipe=searched.recipe, store=searched.store, overrides=overrides)
