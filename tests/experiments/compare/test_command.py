"""`cuvee compare` as a user calls it: the verdict, what is cached, what time cuts off, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from flows.cli.main import app
from flows.compare import compare
from flows.search import search
from tasks.core.errors import CuveeError, QualityGate, RecipeError, TrainingFailed
from tasks.store.storage import open_store

Write = Callable[..., Path]
WAYS = "first", "second"


def said(recipe: Path, store: Path, *more: str) -> tuple[Result, dict[str, Any]]:
    done = CliRunner().invoke(app, ["compare", str(recipe), "--store", str(store), "--json", *more])
    return done, json.loads(done.stdout) if done.stdout.startswith("{") else {}


@pytest.fixture(scope="module")
def first(
    tmp_path_factory: pytest.TempPathFactory, write_recipe: Write, prefect_server: str
) -> tuple[Path, Path, dict[str, Any]]:
    """A recipe, a store, and the first comparison in it."""
    folder = tmp_path_factory.mktemp("compare")
    recipe = write_recipe(folder, mix={"weights": {"food": 0.5, "film": 0.5, "noise": 0}})
    done, found = said(recipe, folder / "store", "--require-gain=single")
    assert done.exit_code == 0, done.output
    return recipe, folder / "store", found


def test_combining_what_helps_each_other_is_a_gain_told_in_record_and_report(
    first: tuple[Path, Path, dict[str, Any]],
) -> None:
    _, store, found = first
    assert found["outcome"] == "gain"
    assert found["sentence"].startswith("As one model for all sources, combining helps: the recipe's mix scores ")
    assert {arm["name"] for arm in found["arms"]} == {
        "only-food",
        "only-film",
        "only-noise",
        "uniform",
        "proportional",
        "recipe",
    }
    contrast = next(one for one in found["contrasts"] if one["first"] == "recipe")
    assert contrast["low"] > 0
    assert contrast["holm"] < 0.05
    words = {one["source"]: one["word"] for one in found["worth"]}
    assert words == {"food": "pays at home", "film": "pays at home"}  # neither knows the other's words
    assert "Without a share in the recipe's mix, so without a value: noise." in found["notes"]
    record = open_store(str(store)).read_json(f"comparisons/small/{found['run']}/comparison.json")
    assert record["sentence"] == found["sentence"]
    page = Path(found["report"]).read_text("utf-8")
    assert "combining helps" in page
    assert "https://" not in page


def test_each_source_at_home_and_one_for_each_are_told_beside_one_for_all(
    first: tuple[Path, Path, dict[str, Any]],
) -> None:
    recipe, store, found = first
    homes, arms = found["at_home"], {arm["name"]: arm for arm in found["arms"]}
    assert [home["source"] for home in homes] == ["food", "film", "noise"]
    for home in homes:
        assert home["low"] <= home["estimate"] <= home["high"]
        assert home["estimate"] == pytest.approx(home["mix"] - home["alone"])
        assert home["mix"] == pytest.approx(arms["recipe"]["by_source"][home["source"]]["score"])
        assert home["alone"] == pytest.approx(arms[f"only-{home['source']}"]["by_source"][home["source"]]["score"])
        told = found["sentence"].split("At home")[1]
        assert home["source"] in told
    each = found["one_for_each"]
    assert each["estimate"] == pytest.approx(sum(home["estimate"] for home in homes) / 3)
    assert "One for all against one for each" in found["sentence"]
    page = Path(found["report"]).read_text("utf-8")
    assert "Each source at home" in page
    done, again = said(recipe, store, "--require-gain")
    losing = [home["source"] for home in again["at_home"] if home["word"] == "loses"]
    assert done.exit_code == (3 if losing else 0)
    assert ("better for " + ", ".join(losing) in done.stderr) if losing else not done.stderr.count("is required")


def test_all_that_has_an_interval_says_its_rows_seeds_and_correction_by_source_too(
    first: tuple[Path, Path, dict[str, Any]],
) -> None:
    _, _, found = first
    sources, total = found["judged"], sum(found["judged"].values())
    for arm in found["arms"]:
        assert arm["by_source"].keys() == {*sources, "all"}
        for name, score in arm["by_source"].items():
            assert score["low"] <= score["score"] <= score["high"]
            assert score["rows"] == sources.get(name, total)
    estimates = [*found["contrasts"], *found["at_home"], found["one_for_each"]]
    for contrast in found["contrasts"]:
        assert contrast["by_source"].keys() == sources.keys()
        assert {name: one["rows"] for name, one in contrast["by_source"].items()} == sources
        mean = sum(one["estimate"] for one in contrast["by_source"].values()) / 3
        pair = [next(arm["score"] for arm in found["arms"] if arm["name"] == contrast[way]) for way in WAYS]
        assert mean == pytest.approx(pair[0] - pair[1])
        estimates += contrast["by_source"].values()
    for value in found["worth"]:
        estimates += [one for one in value.values() if isinstance(one, dict) and "estimate" in one]
    assert len(estimates) > 30
    for one in estimates:
        assert one["rows"] in {total, *sources.values(), *(total - rows for rows in sources.values())}
        assert one["seeds"] == 3
        assert one["correction"]["of"] >= 1
    ours = next(one for one in found["contrasts"] if one["first"] == "recipe")
    assert ours["correction"] == {"method": "intersection-union", "of": 3}  # it beats every source alone
    assert ours["upper_correction"] == {"method": "max-T", "of": 9}  # three mixes, each beside three sources
    assert {home["correction"]["of"] for home in found["at_home"]} == {3}
    assert "sample is taken as fixed" in Path(found["report"]).read_text("utf-8")


def test_what_can_be_seen_is_said_beforehand_and_after_the_first_comparison_by_what_it_showed(
    first: tuple[Path, Path, dict[str, Any]],
) -> None:
    recipe, store, found = first
    told = found["beforehand"]
    assert told["origin"] == ""  # nothing was known
    assert "Said beforehand. With 3 seeds" in Path(found["report"]).read_text("utf-8")
    done = CliRunner().invoke(app, ["plan", str(recipe), "--store", str(store), "--json"])
    plan = json.loads(done.stdout)["comparing"]
    assert plan["origin"] >= found["run"]  # the newest one
    assert [(one["question"], one["source"], one["differences"]) for one in plan["questions"]] == [
        (one["question"], one["source"], one["differences"]) for one in told["questions"]
    ]
    assert CliRunner().invoke(app, ["plan", str(recipe), "--store", str(store)]).stdout.count("four times in five") == 1


def test_all_rows_stand_beside_equal_budgets_and_say_so(first: tuple[Path, Path, dict[str, Any]]) -> None:
    recipe, store, small = first
    _, found = said(recipe, store, "--set", "trials.size=300", "--set", "compare.values=[]")
    every = next(arm for arm in found["arms"] if arm["name"] == "all-rows")
    assert every["size"] == found["budget"]["whole"] > found["budget"]["size"] == 300
    assert set(every["epochs"].values()) == {1.0}
    assert {arm.get("size") for arm in found["arms"] if arm is not every} == {None}
    more = next(one for one in found["contrasts"] if one["first"] == "all-rows")
    assert more["second"] == "proportional"
    assert f"every row once, {every['size']:,} in all and so not the same budget" in found["sentence"]
    for told, after in ((found, "the arm all-rows is that."), (small, "--arms all-rows tries that, too.")):
        (note,) = (note for note in told["notes"] if f"would give {every['size']:,} rows" in note)
        assert note.endswith(after)  # more than four times a trial's budget has to be asked for
    assert {home["source"] for home in found["at_home"]} == {"food", "film", "noise"}


def test_curves_say_beyond_which_size_more_rows_help(first: tuple[Path, Path, dict[str, Any]]) -> None:
    recipe, store, _ = first
    sizes = ["--set", "compare.sizes=[60, 150, 2000]", "--set", "compare.values=[]"]
    _, found = said(recipe, store, "--arms", "only-food,all-rows", *sizes)
    assert {arm["name"] for arm in found["arms"]} == {"recipe", "only-food", "all-rows"}
    assert next(one for one in found["contrasts"] if one["first"] == "all-rows")["second"] == "recipe"
    curves = {curve["arm"]: curve for curve in found["curves"]}
    assert curves.keys() == {"recipe", "only-food"}
    for name, curve in curves.items():
        assert [point["size"] for point in curve["points"]][:2] == [60, 150]
        last = curve["points"][-1]
        assert last["to_largest"] is None
        assert last["size"] < 2000  # where its rows are used up
        for point in curve["points"][:-1]:
            gain = point["to_largest"]
            assert gain["estimate"] == pytest.approx(last["score"] - point["score"])
            assert gain["correction"] == {"method": "max-T", "of": 4}
        assert any(note.startswith(f"{name}: ") for note in found["notes"])
    assert "More rows</h2>" in Path(found["report"]).read_text("utf-8")
    _, again = said(recipe, store, "--arms", "only-food,all-rows", *sizes)
    assert again["trials"]["run"] == 0


def test_values_of_the_sources_sum_to_what_all_of_them_bring(first: tuple[Path, Path, dict[str, Any]]) -> None:
    told = first[2]["shapley"]
    assert told["sum"] == pytest.approx(told["whole"] - told["nothing"], abs=1e-9)
    assert sum(one["shapley"]["estimate"] for one in first[2]["worth"]) == pytest.approx(told["sum"], abs=1e-9)


def test_second_time_nothing_is_tried_and_one_more_arm_tries_one_arm(first: tuple[Path, Path, dict[str, Any]]) -> None:
    recipe, store, found = first
    _, again = said(recipe, store)
    assert (again["trials"]["run"], again["trials"]["cached"]) == (0, found["trials"]["run"])
    assert (again["arms"], again["contrasts"], again["worth"]) == (found["arms"], found["contrasts"], found["worth"])
    _, more = said(recipe, store, "--set", "compare.arms={mine: {food: 1, film: 2, noise: 1}}")
    assert more["trials"]["run"] == 3
    _, fourth = said(recipe, store, "--seeds", "4", "--arms", "uniform", "--set", "compare.values=[]")
    assert fourth["trials"]["run"] == 2


@pytest.mark.slow
def test_no_gain_leaves_with_3_and_says_how_large_a_one_would_have_been_seen(
    first: tuple[Path, Path, dict[str, Any]],
) -> None:
    recipe, store, _ = first
    done, found = said(
        recipe,
        store,
        "--require-gain",
        "--set",
        "mix.weights={food: 0.97, film: 0.01, noise: 0.02}",
        "--set",
        "compare.values=[]",
    )
    assert done.exit_code == 3
    assert found["outcome"] in {"none", "loss"}
    if found["outcome"] == "none":
        assert "would have been seen" in found["sentence"]
    with pytest.raises(QualityGate, match="A gain is required"):
        compare(
            str(recipe),
            str(store),
            arms=["singles"],
            require_gain=True,
            overrides={"mix.weights": {"food": 1, "film": 0, "noise": 0}},
        )


def test_two_seeds_carry_no_claim_and_no_time_tells_what_is_left_out(first: tuple[Path, Path, dict[str, Any]]) -> None:
    recipe, store, _ = first
    _, two = said(recipe, store, "--seeds", "2")
    assert two["outcome"] == "no claim"
    assert "2 seeds are too few" in two["sentence"]
    assert {one["word"] for one in two["worth"]} == {"cannot tell"}
    done, cut = said(recipe, store, "--minutes", "0.000001", "--set", "trials.epochs=6")
    assert done.exit_code == 0
    assert cut["left_out"][0] == "arms: 18 of 18 trials"
    assert cut["outcome"] == "no claim"
    assert "Not all of it" in Path(cut["report"]).read_text("utf-8")


@pytest.mark.slow
def test_weights_learned_on_the_same_data_are_an_arm_and_on_other_data_are_not(
    first: tuple[Path, Path, dict[str, Any]],
) -> None:
    recipe, store, _ = first
    home = open_store(str(store))
    now = {
        path.parent.name: json.loads(path.read_text())
        for path in (store / "snapshots" / "clean").glob("*/manifest.json")
    }
    assert len(now) == 3
    prints = {}
    for manifest in now.values():
        prints[manifest["subject"]] = manifest["fingerprint"]
    left = {"weights": {"food": 0.3, "film": 0.3, "noise": 0.4}, "fingerprints": prints, "unit": "rows"}
    left |= {"search": "s", "identity": "i", "outcome": "gain", "sentence": "", "interval": {}}
    home.write_json("searches/small/latest.json", left)
    _, found = said(recipe, store, "--set", "compare.values=[]")
    assert "learned" in {arm["name"] for arm in found["arms"]}
    home.write_json("searches/small/latest.json", left | {"fingerprints": prints | {"film": "0"}})
    _, stale = said(recipe, store, "--set", "compare.values=[]")
    home.remove("searches")
    assert "learned" not in {arm["name"] for arm in stale["arms"]}
    assert any("film changed since" in note for note in stale["notes"])


def test_an_arm_that_cannot_be_weighed_fails_and_the_others_stand(first: tuple[Path, Path, dict[str, Any]]) -> None:
    recipe, store, _ = first
    _, found = said(
        recipe, store, "--set", "compare.arms={none: {food: 1, film: 0.0001, noise: 0}}", "--set", "compare.values=[]"
    )
    arms = {arm["name"]: arm for arm in found["arms"]}
    assert arms["none"]["error"]
    assert found["outcome"] == "gain"


@pytest.mark.slow
def test_where_the_recipes_own_mix_cannot_be_learned_the_comparison_failed(
    first: tuple[Path, Path, dict[str, Any]],
) -> None:
    recipe, store, _ = first
    small = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "intermediate_size": 16,
        "max_position_embeddings": 16,
    }
    model = {"architecture": "bert", "vocabulary": 400, "config": small}
    train = {"model": model, "epochs": 1, "max_tokens": 16, "learning_rate": 1e30}
    with pytest.raises(
        TrainingFailed, match=r"has no score \(seed 0: the loss is no longer a number.*Report: .*report.html"
    ):
        compare(
            str(recipe),
            str(store),
            arms=["proportional"],
            seeds=1,
            overrides={"trials.full": True, "train": train, "compare.values": []},
        )


def test_equal_arms_are_tried_once(first: tuple[Path, Path, dict[str, Any]]) -> None:
    recipe, store, _ = first
    _, found = said(
        recipe, store, "--set", "compare.arms={twin: {food: 2, film: 2, noise: 0}}", "--set", "compare.values=[]"
    )
    assert found["trials"]["run"] == 0
    assert next(arm for arm in found["arms"] if arm["name"] == "recipe")["also"] == ["twin"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--arms", "unifrom"], "did you mean 'uniform'"),
        (["--arms", "target"], "compare.target"),
        (["--set", "compare.target=fod"], "did you mean 'food'"),
        (["--set", "compare.arms={uniform: {food: 1, film: 1, noise: 1}}"], "has this name already"),
        (["--set", "compare.arms={mine: {food: 1}}"], "has no weight"),
    ],
)
def test_wrong_names_are_told_with_the_right_ones(
    first: tuple[Path, Path, dict[str, Any]], more: list[str], told: str
) -> None:
    done, _ = said(first[0], first[1], *more)
    assert isinstance(done.exception, RecipeError)
    assert told in str(done.exception)


@pytest.mark.usefixtures("prefect_server")
def test_one_source_a_target_that_leaks_a_class_that_is_missing_and_a_tiny_target(
    tmp_path: Path, write_recipe: Write
) -> None:
    with pytest.raises(RecipeError, match="one source only"):
        compare(str(write_recipe(tmp_path, rows={"food": 50})), str(tmp_path / "store"))
    asked = {"target": "noise", "values": ["add-one"]}
    recipe = write_recipe(tmp_path, rows={"food": 200, "film": 200, "noise": 40}, one_class="film", compare=asked)
    found = compare(str(recipe), str(tmp_path / "store")).model_dump(mode="json")
    assert found["outcome"] == "no claim"
    assert "labelled hold-out row" in found["sentence"]
    assert any("film has no row labelled bad" in note for note in found["notes"])
    copied = [line.rpartition(",") for line in (tmp_path / "noise.csv").read_text().splitlines()]
    (tmp_path / "film.csv").write_text(
        "\n".join(["text,label", *(f"{text.upper()}!,{label}" for text, _, label in copied[1:])]) + "\n"
    )
    with pytest.raises(CuveeError, match=r"100 % of its texts stand in film") as error:
        compare(str(recipe), str(tmp_path / "store"))
    assert "noise 0 w" in str(error.value)
    with pytest.raises(QualityGate, match=r"search.target noise: 100 % of its texts stand in film"):
        search(str(recipe), str(tmp_path / "store"), overrides={"search.target": "noise"})
