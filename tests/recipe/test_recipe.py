"""A recipe is read strictly, and all of its mistakes are told at once."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

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


def test_a_published_recipe_is_the_same_recipe(tmp_path: Path) -> None:
    """What is switched off by null stays off; what nobody said is not written."""
    switched_off = GOOD.replace("0: negative", "0: null") + "near_duplicates: null\ndecontaminate: {near: null}\n"
    loaded = load_recipe(write(tmp_path, switched_off))
    assert loaded.published["near_duplicates"] is None
    assert loaded.published["decontaminate"]["near"] is None
    assert loaded.published["sources"]["movies"]["labels"] == {"0": None, "1": "positive"}
    assert "semantic_duplicates" not in loaded.published
    (again := tmp_path / "again.yaml").write_text(yaml.safe_dump(loaded.published))
    assert load_recipe(str(again)).recipe == loaded.recipe


def _broken(folder: Path, how: str) -> None:
    config = {"model_type": "evil" if how == "code" else "bert"}
    if how != "no config":
        (folder / "config.json").write_text("[" if how == "no JSON" else json.dumps(config))
    if how == "pickle":
        (folder / "pytorch_model.bin").write_bytes(b"")
    elif how != "no weights":
        (folder / "model.safetensors").write_bytes(b"\x10" if how == "damaged" else save({}))
    if how == "adapter":
        (folder / "adapter_config.json").write_text("{}")


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("no config", "has no config.json"),
        ("no JSON", "config.json cannot be read"),
        ("no weights", "has no safetensors weights; wanted: "),
        ("pickle", "has no safetensors weights; pytorch_model.bin may run code and is not loaded"),
        ("damaged", "model.safetensors is damaged: "),
        ("code", "is a model of the type 'evil', which transformers does not have"),
        ("adapter", "is an adapter"),
    ],
)
def test_a_folder_without_a_model_to_load_is_told_with_the_other_mistakes(tmp_path: Path, how: str, told: str) -> None:
    (folder := tmp_path / "model").mkdir()
    _broken(folder, how)
    said = mistakes(tmp_path, GOOD + "train: {model: model, distil: {teacher: model}}\n")
    assert said.count(told) == 2


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
    assert schema["properties"]["labels"]["description"].startswith("The label set, two at least;")
    assert schema["$defs"]["MixSettings"]["properties"]["size"]["description"], "inherited fields are described as well"


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


TRAIN = "train: {model: {architecture: roberta, config: {max_position_embeddings: 64}}, max_tokens: 64}"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("seed: 4294967296", "seed: input should be less than 4294967296"),
        ("seed: true", "seed: a whole number is wanted here (got 'true')"),
        ("holdout: {share: true}", "holdout.share: a number is wanted here"),
        ("train: {model: m, learning_rate: .inf}", "train.learning_rate: input should be a finite number"),
        ("train: {model: m, weight_decay: .inf}", "train.weight_decay: input should be a finite number"),
        ("checks: {drift: {rows: .inf}}", "checks.drift.rows: input should be a finite number"),
        ("train: {model: m, processes: 1000000}", "train.processes: input should be less than or equal to 1024"),
        ("train: {model: m, processes: 0}", "train.processes: input should be greater than or equal to 1"),
        ("near_duplicates: {words: 1000000000000}", "near_duplicates.words: input should be less than"),
        ("decontaminate: {words: 1000000000000}", "decontaminate.words: input should be less than"),
        (f"mix: {{size: {'9' * 300}}}", "mix.size: input should be less than or equal to 1000000000000"),
        ("train: {model: m, batch_size: 1000000000000}", "train.batch_size: input should be less than"),
        ("checks: {min_rows: 9223372036854775808}", "checks.min_rows: the number is larger than any"),
        ("clean: {min_chars: 10, max_chars: 5}", "clean: min_chars is 10, above max_chars, 5"),
        ("clean: {max_chars: 50, sources: {movies: {min_chars: 100}}}", "min_chars is 100, above max_chars, 50"),
        ("clean: {filters: [{kind: words, least: 9, most: 3}]}", "least is 9, above most, 3"),
        (
            "train: {model: {architecture: bert, config: {hidden_size: 100, num_attention_heads: 3}}}",
            "train.model.config: hidden_size 100 cannot be shared equally by num_attention_heads 3; take 99 or 102",
        ),
        ("train: {model: {architecture: brt}}", "train.model.architecture: transformers has no architecture 'brt'"),
        (
            "train: {model: {architecture: gpt2, config: {n_emdb: 8, n_layer: 1, resid_pdrop: 0}}}",
            "train.model.config.n_emdb: 'gpt2' has no such setting; did you mean 'n_embd'?",
        ),
        ("train: {model: ./none}", "train.model: there is no folder './none'"),
        ("trials: {encoder: {model: /none/such}}", "trials.encoder.model: there is no folder '/none/such'"),
        (TRAIN, "train.max_tokens: it is 64, but the model takes at most 62; set train.max_tokens <= 62"),
        (
            "train: {model: {architecture: gpt2, config: {n_positions: 32}}, max_tokens: 64}",
            "train.max_tokens: it is 64, but the model takes at most 32; set train.max_tokens <= 32",
        ),
        ("clean: {filters: [{kind: language, keep: [klingon]}]}", "'klingon' is no language that can be told"),
        ("sift: {kind: label-noise}", "sift: a list is wanted here"),
        ("mix: {size: many}", "mix.size: a whole number is wanted here, or 'all' (got 'many')"),
        (f"seed: {'9' * 5000}", "seed: a whole number of fewer digits is wanted here"),
    ],
)
def test_nonsense_is_refused_before_anything_is_made(tmp_path: Path, line: str, told: str) -> None:
    base = (
        GOOD
        if not line.startswith("mix:")
        else GOOD.replace("mix: {weights: {movies: 0.4, tweets: 0.6}, size: 100}", "")
    )
    message = mistakes(tmp_path, f"{base}{line}\n")
    assert told in message
    assert len(message) < 2000


BUILT = "train: {model: {architecture: bert, vocabulary: some}}"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("mix: {size: many}", "mix.size: a whole number is wanted here, or 'all' (got 'many')"),
        ("mix: {size: 0}", "mix.size: input should be greater than or equal to 1, or 'all' (got 0)"),
        ("mix: {size: [1]}", "mix.size: a whole number is wanted here, or 'all'"),
        (
            "train: {model: m, processes: some}",
            "train.processes: a whole number is wanted here, or 'auto' (got 'some')",
        ),
        ("train: {model: [m]}", "train.model: a text is wanted here, or a mapping, such as {key: value}"),
        (BUILT, "train.model.vocabulary: a whole number is wanted here (got 'some')"),
    ],
)
def test_a_mistake_is_told_once_where_several_kinds_of_value_may_stand(tmp_path: Path, line: str, told: str) -> None:
    base = GOOD.replace("mix: {weights: {movies: 0.4, tweets: 0.6}, size: 100}", "")
    (_, mistake) = mistakes(tmp_path, f"{base}{line}\n").splitlines()
    assert mistake.endswith(f": {told}")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[negative, positive]", "[negative, positive, negative]", "labels.2: the label 'negative' is there twice"),
        ("[negative, positive]", "[negative, positive, caf\u00e9, cafe\u0301]", "labels.3: the label"),
        ("[negative, positive]", "[negative, positive, ' ']", "labels.2: a label is empty"),
        ("labels: [negative, positive]", "labels: negative", "labels: a list is wanted here, such as [a, b]"),
        ("tweets:", "all:", "sources.all: tables call all sources together by this name"),
        ("  tweets:", '  "a\\n":', "a source's name is lower-case letters, digits, - and _"),
    ],
)
def test_labels_and_names_that_cannot_be_told_apart_are_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in mistakes(tmp_path, GOOD.replace(old, new, 1))


def test_half_a_sign_is_no_label(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="half a sign"):
        load_recipe(write(tmp_path, GOOD), {"labels": ["negative", "\ud800"]})


def test_languages_are_known_by_their_names_and_codes(tmp_path: Path) -> None:
    line = "clean: {filters: [{kind: language, keep: [eng, EN, German, zh-cn, pt_BR, Chinese, no]}]}\n"
    (chosen,) = load_recipe(write(tmp_path, GOOD + line)).recipe.clean.filters
    assert chosen.model_dump()["keep"] == ("en", "de", "zh", "pt", "no")


NAMES_AS_WRITTEN = [
    "01",
    "010",
    "no",
    "on",
    "y",
    "1e3",
    "1.50",
    "0x1F",
    "1_000",
    "2020-01-01",
    "1:30",
    "true",
    "True",
    "~x",
    ".5",
]


def test_names_and_labels_are_the_texts_as_written(tmp_path: Path) -> None:
    labels = ", ".join(NAMES_AS_WRITTEN)
    pairs = ", ".join(f"{name}: {name}" for name in NAMES_AS_WRITTEN)
    first = f"007: {{path: 1.csv, labels: {{{pairs}}}, label: }}"
    second = "on: {path: b.csv, label: 1e3, columns: {text: 01}}"
    text = f"name: 01\nlabels: [{labels}]\nsources:\n  {first}\n  {second}\n"
    loaded = load_recipe(write(tmp_path, text + "holdout: {shares: {007: 0.2, on: 0.3}}\n"))
    assert loaded.recipe.name == "01"
    assert list(loaded.recipe.labels) == NAMES_AS_WRITTEN
    assert loaded.recipe.sources["007"].labels == {name: name for name in NAMES_AS_WRITTEN}
    assert loaded.recipe.sources["on"].label == "1e3"
    assert loaded.recipe.sources["on"].columns == {"text": "01"}
    assert list(loaded.recipe.holdout.shares) == ["007", "on"]


def test_numbers_are_numbers_where_they_are_wanted(tmp_path: Path) -> None:
    line = "train: {model: 0.10, learning_rate: 5e-5, epochs: 1.50, batch_size: 010, max_tokens: 1_6}\nseed: 0x1F\n"
    recipe = load_recipe(write(tmp_path, GOOD + line)).recipe
    assert recipe.train is not None
    assert (recipe.train.learning_rate, recipe.train.epochs, recipe.train.batch_size) == (5e-5, 1.5, 10)
    assert (recipe.train.max_tokens, recipe.train.model, recipe.seed) == (16, "0.10", 31)
