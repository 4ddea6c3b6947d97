"""A recipe for language modelling: what it may leave out, and what it may not say."""

from pathlib import Path

import pytest
import yaml

from tasks.core.errors import RecipeError
from tasks.objectives.parts import task_names
from tasks.recipe.model import load_recipe

GOOD = """\
name: words
task: language-modelling
sources:
  news: {path: news.csv, columns: {text: body}}
  code: {path: code.txt}
mix: {weights: uniform}
"""


def write(folder: Path, text: str) -> str:
    (folder / "recipe.yaml").write_text(text)
    return str(folder / "recipe.yaml")


def test_texts_alone_are_enough(tmp_path: Path) -> None:
    loaded = load_recipe(write(tmp_path, GOOD))
    assert loaded.recipe.labels == ()
    assert loaded.recipe.trains_in_trials
    assert load_recipe(write(tmp_path, yaml.safe_dump(loaded.published))).recipe == loaded.recipe, (
        "as it is published it loads again"
    )
    assert not load_recipe(
        write(tmp_path, GOOD.replace("language-modelling", "text-classification\nlabels: [a, b]"))
    ).recipe.trains_in_trials


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("labels: [a, b]", ":7: labels: language modelling has no labels"),
        ("sift: [label-noise]", ":7: sift.0: label-noise looks for wrong labels, and language modelling has none"),
        ("sift: [{kind: label-noise, drop: 0.2}]", "sift.0: label-noise looks for wrong labels"),
        ("trials: {encoder: {model: m}}", ":7: trials.encoder: a linear classifier learns from it"),
    ],
)
def test_what_needs_labels_is_refused_with_its_place(tmp_path: Path, more: str, told: str) -> None:
    with pytest.raises(RecipeError, match="1 mistake") as caught:
        load_recipe(write(tmp_path, f"{GOOD}{more}\n"))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "weights: uniform",
            "weights: {kind: mixmin, target: news}",
            ":6: mix.weights: mixmin predicts the labels of its target",
        ),
        ("weights: uniform", "weights: {kind: merge-to-mix, target: news}", "mix.weights: merge-to-mix predicts"),
        (
            "weights: uniform",
            "weights: {kind: score, terms: {size: 1, accuracy: 1}}",
            "mix.weights.terms.accuracy: language modelling has no labels",
        ),
        (
            "weights: uniform",
            "phases: [{share: 0.5, weights: uniform}, {share: 0.5, weights: {kind: mixmin, target: news}}]",
            "mix.phases.1.weights: mixmin",
        ),
        (
            "text: body}",
            "text: body, label: class}",
            ":4: sources.news.columns.label: language modelling has no labels",
        ),
        ("path: code.txt", "path: code.txt, label: code", ":5: sources.code.label: language"),
        ("path: code.txt", "path: code.txt, label_from: name, labels: {x: y}", "2 mistakes"),
    ],
)
def test_labels_and_weights_by_them_are_refused_with_their_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(tmp_path, GOOD.replace(old, new)))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "told"),
    [("", "this key is missing; a classifier needs two"), ("labels: [one]\n", "1 given"), ("labels: []\n", "0 given")],
)
def test_a_classifier_needs_two_labels(tmp_path: Path, labels: str, told: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(tmp_path, GOOD.replace("task: language-modelling\n", labels)))
    assert told in str(caught.value)


def test_an_unknown_task_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(write(tmp_path, GOOD.replace("language-modelling", "language-modeling")))
    *most, last = reversed(task_names())
    listed = ", ".join(f"'{name}'" for name in most)
    assert f"{listed} or '{last}'" in str(caught.value)
