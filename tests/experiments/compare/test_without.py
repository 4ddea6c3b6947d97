"""Arms that are the recipe's mix without something: without the rows that `augment` makes, without sources that the run
labels.
"""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from flows.cli.main import app
from tasks.core.errors import RecipeError
from tasks.experiments.compare.arms import arms_merged, arms_wanted
from tasks.experiments.mixes import as_mix, as_weights, is_augmented, mix_name, unaugmented

SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


def test_a_recipe_has_the_arms_that_it_can_have() -> None:
    given = (["food", "film"], [], None)
    assert arms_wanted(None, *given, ["unaugmented"]) == [
        *("only-food", "only-film", "uniform", "proportional", "recipe", "learned", "all-rows"),
        "unaugmented",
    ]
    assert arms_wanted(["concatenated"], *given) == ["proportional", "recipe", "all-rows"]
    assert arms_wanted(["own-labels"], *given, ["own-labels"]) == ["recipe", "own-labels"]
    for name, why in {"unaugmented": "trials.full: true trains the recipe's own", "own-labels": "label_rules"}.items():
        with pytest.raises(RecipeError, match=rf"--arms {name}: .*{why}"):
            arms_wanted([name], *given)


@given(st.dictionaries(st.sampled_from("abc"), st.floats(0.1, 1), min_size=1))
def test_a_mix_without_its_made_rows_is_another_one_of_the_same_shares(shares: dict[str, float]) -> None:
    mix = as_mix(shares)
    other = unaugmented(mix)
    assert (is_augmented(mix), is_augmented(other)) == (True, False)
    assert mix_name(other) == f"{mix_name(mix)} unaugmented"
    assert as_weights(other, "abc").facts == as_weights(mix, "abc").facts
    assert arms_merged({"recipe": mix, "unaugmented": other}) == {"recipe": (), "unaugmented": ()}


@pytest.mark.slow
def test_the_recipes_mix_stands_against_itself_without_what_the_run_makes(
    tmp_path: Path, write_recipe: Callable[..., Path], prefect_server: str
) -> None:
    made = {"path": "noise.csv", "columns": {"text": "text"}, "label_rules": [{"when": "text != ''", "label": "good"}]}
    model = {"architecture": "bert", "vocabulary": 300, "config": SMALL}
    recipe = write_recipe(
        tmp_path,
        {"food": 120, "film": 120, "noise": 60},
        sources={"noise": made},
        augment=["eda"],
        train={"model": model, "epochs": 1, "max_tokens": 16},
        trials={"full": True, "size": 60},
        compare={"seeds": 1, "values": []},
    )
    pl.read_csv(tmp_path / "noise.csv").drop("label").write_csv(tmp_path / "noise.csv")
    asked = ["compare", str(recipe), "--store", str(tmp_path / "store"), "--json"]
    done = CliRunner().invoke(app, [*asked, "--arms", "only-food,unaugmented,own-labels"])
    assert done.exit_code == 0, (done.output, done.exception)
    found = json.loads(done.stdout)
    arms = {arm["name"]: arm for arm in found["arms"]}
    assert {*arms} == {"only-food", "recipe", "unaugmented", "own-labels"}
    assert arms["unaugmented"]["shares"] == arms["recipe"]["shares"]
    assert arms["own-labels"]["shares"]["noise"] == 0 < arms["recipe"]["shares"]["noise"]
    pairs = [(one["first"], one["second"]) for one in found["contrasts"]]
    assert pairs == [("recipe", "only-food"), ("recipe", "unaugmented"), ("recipe", "own-labels")]
    losses = {name: arm["by_source"]["all"]["loss"] for name, arm in arms.items()}
    assert len({*losses.values()}) == 4, "each has learned from other rows"
    assert "Does what the run makes pay?" in Path(found["report"]).read_text("utf-8")
    manifests = [json.loads(file.read_text()) for file in (tmp_path / "store/snapshots/train").glob("*/manifest.json")]
    rows = {one["subject"]: one["rows"] for one in manifests}
    assert [count for name, count in rows.items() if name.endswith("unaugmented s0")] == [60]
    assert all(count > 60 for name, count in rows.items() if not name.endswith("unaugmented s0"))
