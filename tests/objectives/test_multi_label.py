"""Several labels a text: F1 as scikit-learn has it, and the best set that never changes."""

from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from tasks.core.errors import RecipeError
from tasks.objectives.multi_label_classification.baseline import Frequencies, best_set, frequencies, together
from tasks.objectives.multi_label_classification.evaluate import figures, sets
from tasks.recipe.model import load_recipe

NAMES = ("bad", "good", "new")


def test_measures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth, chances = (rng.random((60, 3)) < 0.4).astype(float), rng.random((60, 3))
    predicted = (chances > 0.5).astype(float)
    found = {name: values[0] for name, values in figures(truth, predicted, chances)(np.ones((1, 60))).items()}
    assert found["micro_f1"] == pytest.approx(f1_score(truth, predicted, average="micro"))
    assert found["macro_f1"] == pytest.approx(f1_score(truth, predicted, average="macro"))
    assert found["subset_accuracy"] == pytest.approx(accuracy_score(truth, predicted))
    likely = np.where(truth > 0, chances, 1 - chances)
    assert found["set_perplexity"] == pytest.approx(np.exp(-np.log(likely).sum() / 60))


@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=12))
def test_no_constant_set_reaches_more_than_the_best(rows: list[list[bool]]) -> None:
    truth = np.array(rows, float)

    def reached(chosen: np.ndarray) -> float:
        answers = np.broadcast_to(chosen, truth.shape)
        return float(figures(truth, answers, np.full(truth.shape, 0.5))(np.ones((1, len(truth))))["micro_f1"][0])

    every = [some for size in (1, 2, 3) for some in combinations(range(3), size)]
    most = max(reached(np.isin(np.arange(3), some).astype(float)) for some in every)
    assert reached(best_set(Frequencies(len(truth), truth.sum(0)))) == pytest.approx(most)


def test_frequencies_are_those_of_the_rows_of_each_source(tmp_path: Path) -> None:
    held = [["bad"], ["bad", "new"], [], ["good"]]
    rows = pl.DataFrame(
        {"source": ["a", "a", "b", "b"], "labels": held}, schema_overrides={"labels": pl.List(pl.String)}
    )
    rows.write_parquet(tmp_path / "train.parquet")
    found = frequencies([tmp_path / "train.parquet"], NAMES)
    assert {name: (one.rows, one.counts.tolist()) for name, one in found.items()} == {
        "a": (2, [2, 0, 1]),
        "b": (2, [0, 1, 0]),
    }
    assert together(found).counts.tolist() == [2, 1, 1]
    assert together(found).chances.tolist() == [3 / 6, 2 / 6, 2 / 6]
    assert sets(rows["labels"], NAMES).tolist() == [[1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 1, 0]]


def test_what_wants_one_label_a_row_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(
        "name: topics\ntask: multi-label-classification\nlabels: [a, b]\n"
        "sources: {a: {path: a.csv}, b: {path: b.csv}}\n"
        "mix: {weights: {kind: mixmin, target: a}}\nsift: [label-noise]\n"
    )
    with pytest.raises(RecipeError, match="2 mistakes") as caught:
        load_recipe(str(tmp_path / "recipe.yaml"))
    assert ":6: sift.0: label-noise looks for wrong labels, and a row may bear several" in str(caught.value)
    assert "mix.weights: mixmin predicts the labels of its target, and a row may bear several" in str(caught.value)
