"""Regression: medians as baselines, how far numbers are off, and in what order they stand."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from tasks.core.errors import RecipeError
from tasks.objectives.regression.baseline import median, median_by_source
from tasks.objectives.regression.evaluate import errors
from tasks.recipe.model import load_recipe

RECIPE = """\
name: stars
task: regression
sources: {a: {path: a.csv, columns: {value: stars}}}
mix: {weights: uniform}
"""


def test_medians_are_those_of_the_mix_and_of_each_source(tmp_path: Path) -> None:
    rows = pl.DataFrame({"source": ["a", "a", "b", "b", "b"], "value": [1.0, 3, 10, 11, 99]})
    rows.write_parquet(tmp_path / "train.parquet")
    assert median([tmp_path / "train.parquet"]) == 10
    assert median_by_source([tmp_path / "train.parquet"]) == {"a": 2, "b": 11}


def test_errors_are_those_of_the_field_on_redrawn_rows_too() -> None:
    rng = np.random.default_rng(0)
    truth, predicted = rng.normal(size=40), rng.normal(size=40)
    counts = np.stack([np.ones(40), rng.multinomial(40, np.full(40, 1 / 40))])
    found = errors(truth, predicted)(counts.astype(float))
    drawn = [np.repeat(np.arange(40), times.astype(int)) for times in counts]
    assert found["mae"] == pytest.approx([np.abs(truth[rows] - predicted[rows]).mean() for rows in drawn])
    assert found["spearmans_rho"] == pytest.approx([spearmanr(truth[rows], predicted[rows])[0] for rows in drawn])


def test_a_constant_orders_nothing() -> None:
    assert errors(np.arange(5.0), np.full(5, 2.0))(np.ones((1, 5)))["spearmans_rho"].tolist() == [0]


def test_labels_are_refused_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(f"{RECIPE}labels: [a, b]\ntrials: {{encoder: {{model: m}}}}\n")
    with pytest.raises(RecipeError, match="2 mistakes") as caught:
        load_recipe(str(tmp_path / "recipe.yaml"))
    assert ":5: labels: regression has no labels" in str(caught.value)
    assert ":6: trials.encoder: a linear classifier learns from it" in str(caught.value)
