"""A recipe is read strictly, and all of its mistakes are told at once."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.errors import RecipeError
from tasks.recipe.model import load_recipe
from tasks.recipe.schema import recipe_schema

GOOD = """\
name: sentiment
labels: [negative, positive]
sources:
  movies: {path: movies.tsv, columns: {text: sentence, label: label}, labels: {0: negative, 1: positive}}
  tweets: {path: tweets.jsonl, columns: {text: body, label: sentiment}}
mix: {weights: {movies: 0.4, tweets: 0.6}, size: 100}
"""


def write(folder: Path, text: str) -> str:
    file = folder / "recipe.yaml"
    file.write_text(text)
    return str(file)


def mistakes(folder: Path, text: str) -> str:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(folder, text))
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_good_recipe_has_defaults_filled_in(tmp_path: Path) -> None:
    loaded = load_recipe(write(tmp_path, GOOD))
    assert loaded.recipe.mix.weights.model_dump()["shares"] == {"movies": 0.4, "tweets": 0.6}
    assert loaded.folder == str(tmp_path)
    assert loaded.published["holdout"]["share"] == 0.1


def test_five_mistakes_are_told_at_once_with_line_and_suggestion(tmp_path: Path) -> None:
    text = GOOD.replace("path: movies.tsv", "pth: movies.tsv, kind: delimited").replace("0: negative", "0: negativ")
    text = (
        text.replace("tweets: 0.6}", "twets: 0.6}").replace("size: 100", "siez: 100")
        + "train: {model: m, batch_size: 0}\n"
    )
    told = mistakes(tmp_path, text)
    assert ":4: sources.movies.pth: unknown key; did you mean 'path'?" in told
    assert ":4: sources.movies.labels.0: 'negativ' is not one of the recipe's labels; did you mean 'negative'?" in told
    assert ":6: mix.weights.twets: no source has this name; did you mean 'tweets'?" in told
    assert ":6: mix.siez: unknown key; did you mean 'size'?" in told
    assert ":7: train.batch_size: input should be greater than or equal to 1 (got 0)" in told


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ("{movies: -1, tweets: 2}", "at least 0"),
        ("{movies: 0, tweets: 0}", "all weights are 0"),
        ("{movies: .nan, tweets: 1}", "finite"),
        ("{movies: .inf, tweets: 1}", "finite"),
        ("{movies: 1}", "source 'tweets' has no weight"),
        ("proportionl", "did you mean 'proportional'"),
    ],
)
def test_weights_that_mean_nothing_are_refused(tmp_path: Path, weights: str, told: str) -> None:
    assert told in mistakes(tmp_path, GOOD.replace("{movies: 0.4, tweets: 0.6}", weights)).lower()


@pytest.mark.parametrize(
    ("mix", "told"),
    [
        ("floors: {twets: 0.1}", "mix.floors.twets: no source has this name; did you mean 'tweets'?"),
        ("ceilings: {movies: 0.5}, floors: {movies: 0.6}", "floors.movies: 0.6 is above its ceiling of 0.5"),
        (
            "phases: [{share: 0.8, weights: {movies: 1}}, {share: 0.2, weights: uniform}]",
            "mix.phases.0.weights: source 'tweets' has no weight",
        ),
        ("phases: [{share: 0.8, weights: uniform}]", "phases: their shares sum to 0.8; they must sum to 1"),
        (
            "weights: {kind: groups, groups: {one: {sources: [movies]}}}",
            "mix.weights.groups: tweets stands in no group",
        ),
        (
            "weights: {kind: score, terms: {relevance: 1}, target: twets}",
            "mix.weights.target: no source has this name ('twets'); did you mean 'tweets'?",
        ),
    ],
)
def test_names_and_numbers_of_the_mix_are_checked(tmp_path: Path, mix: str, told: str) -> None:
    assert told in mistakes(
        tmp_path, GOOD.replace("mix: {weights: {movies: 0.4, tweets: 0.6}, size: 100}", f"mix: {{{mix}}}")
    )


def test_a_source_that_is_left_out_leaves_phases_and_bounds(tmp_path: Path) -> None:
    mix = "mix: {floors: {tweets: 0.1}, phases: [{share: 1, weights: {movies: 1, tweets: 1}}]}"
    loaded = load_recipe(
        write(tmp_path, GOOD.replace("mix: {weights: {movies: 0.4, tweets: 0.6}, size: 100}", mix)), without=["tweets"]
    )
    assert loaded.recipe.mix.floors == {}
    assert loaded.recipe.mix.phases[0].weights.model_dump()["shares"] == {"movies": 1.0}


def test_what_is_expected_of_a_source_alone_leaves_with_it(tmp_path: Path) -> None:
    one = "{type: expect_column_to_exist, kwargs: {column: text}, subjects: "
    checks = f"checks: {{expectations: [{one}[tweets]}}, {one}[movies, tweets]}}]}}\n"
    loaded = load_recipe(write(tmp_path, GOOD + checks), without=["tweets"])
    assert [one.subjects for one in loaded.recipe.checks.expectations] == [("movies",)]


def test_source_is_not_named_like_the_whole_mix(tmp_path: Path) -> None:
    assert "call the whole mix by this name" in mistakes(
        tmp_path, GOOD.replace("tweets:", "mix:", 1).replace("tweets: 0.6", "mix: 0.6")
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("- a\n", "a recipe is a mapping"),
        ("name: a\nname: b\n", "'name' is written twice"),
        ("name: [\n", "not valid YAML"),
        ("name: !!python/object/apply:os.getcwd []\n", "not valid YAML"),
    ],
)
def test_files_that_are_no_recipe_are_refused(tmp_path: Path, text: str, told: str) -> None:
    assert told in mistakes(tmp_path, text)


def test_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no such recipe"):
        load_recipe(str(tmp_path / "none.yaml"))


def test_yes_and_no_are_labels_not_booleans(tmp_path: Path) -> None:
    text = GOOD.replace("{0: negative, 1: positive}", "{no: negative, yes: positive, off: null}")
    assert load_recipe(write(tmp_path, text)).recipe.sources["movies"].labels == {
        "no": "negative",
        "yes": "positive",
        "off": None,
    }


def test_environment_is_read_but_not_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE", "somewhere")
    monkeypatch.setenv("ROWS", "250")
    loaded = load_recipe(
        write(tmp_path, GOOD.replace("movies.tsv", '"${LAKE}/movies.tsv"').replace("size: 100", 'size: "${ROWS}"'))
    )
    assert loaded.recipe.sources["movies"].model_dump()["path"] == "somewhere/movies.tsv"
    assert loaded.recipe.mix.size == 250
    assert "somewhere" not in json.dumps(loaded.published)
    assert loaded.published["sources"]["movies"]["path"] == "${LAKE}/movies.tsv"


def test_unset_variable_names_itself_and_its_place(tmp_path: Path) -> None:
    told = mistakes(tmp_path, GOOD.replace("movies.tsv", '"${NOT_SET_ANYWHERE}/movies.tsv"'))
    assert ":4: sources.movies.path: the environment variable NOT_SET_ANYWHERE is not set" in told


def test_overrides_go_over_the_file_and_are_checked_like_it(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    assert load_recipe(file, {"mix.size": 7, "holdout.share": 0.25}).recipe.holdout.share == 0.25
    with pytest.raises(RecipeError, match=r"mix\.sice"):
        load_recipe(file, {"mix.sice": 7})


def test_schema_knows_every_kind_of_source(tmp_path: Path) -> None:
    schema = recipe_schema()
    assert {"sources", "mix", "train", "labels"} <= schema["properties"].keys()
    assert len(schema["properties"]["sources"]["additionalProperties"]["anyOf"]) >= 6
    assert json.loads(json.dumps(schema)) == schema


SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=8)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    section=st.sampled_from(
        ["name", "labels", "sources", "clean", "holdout", "checks", "mix", "train", "seed", "other"]
    ),
    value=TREES,
)
def test_any_value_anywhere_is_right_or_a_recipe_error(
    tmp_path_factory: pytest.TempPathFactory, section: str, value: object
) -> None:
    tree = yaml.safe_load(GOOD) | {section: value}
    file = tmp_path_factory.mktemp("recipe") / "r.yaml"
    file.write_text(yaml.safe_dump(tree, allow_unicode=True))
    try:
        assert load_recipe(str(file)).recipe.name
    except RecipeError as error:
        assert "mistake" in str(error) or "YAML" in str(error) or "UTF-8" in str(error)
