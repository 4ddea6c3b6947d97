"""Scores of what is measured row by row: values, intervals that hold the truth, and groups that are redrawn whole."""

import numpy as np
import pytest

from tasks.evaluate.settings import EvaluateSettings
from tasks.statistics.redrawn import Figures, Judged, Look, evaluated, share, sums_of
from tasks.text.hashing import Floats

LOOK = Look("mean")


def mean_of(values: Floats) -> Figures:
    return sums_of([values, np.ones(len(values))], lambda total, rows: {"mean": total / rows})


def judged(model: Floats, mix: Floats) -> Judged:
    return Judged(mean_of(model), mean_of(mix), mean_of(mix + 1), frozenset({"a"}))


def test_values_are_those_of_all_rows_and_of_each_source() -> None:
    model, mix = np.array([1.0, 2, 3, 10]), np.array([0.0, 0, 0, 4])
    found = evaluated(
        judged(model, mix), ["a", "a", "a", "b"], np.arange(4), LOOK, EvaluateSettings(), np.random.default_rng(0)
    )
    assert found.value("mean") == 4
    assert {name: score.value("mean") for name, score in found.by_source.items()} == {"a": 2, "b": 10}
    assert found.baseline.value("mean") == 1
    assert found.baseline.gain == 3
    beaten = found.by_source["a"].baselines
    assert {learned: score.value("mean") for learned, score in beaten.items()} == {"mix": 0, "own": 1}
    assert set(found.by_source["b"].baselines) == {"mix"}


def test_less_may_be_better() -> None:
    model, mix = np.array([1.0, 1]), np.array([3.0, 3])
    rng = np.random.default_rng(0)
    found = evaluated(judged(model, mix), ["a"] * 2, np.arange(2), Look("mean", lower=True), EvaluateSettings(), rng)
    assert found.baseline.gain == 2
    assert found.baseline.gain_interval == (2, 2)


@pytest.mark.parametrize("size", [1, 5])
def test_intervals_hold_the_truth_where_rows_of_a_group_hang_together(size: int) -> None:
    """95 of 100, give or take three standard errors of 200 draws."""
    rng, held, settings = np.random.default_rng(1), 0, EvaluateSettings(resamples=200)
    groups = np.arange(100) // size
    for _ in range(200):
        values = rng.normal(size=100 // size)[groups] + rng.normal(scale=0.1, size=100)
        found = evaluated(judged(values, values), ["a"] * 100, groups, LOOK, settings, rng)
        low, high = found.measures["mean"].interval or (0, 0)
        held += low <= 0 <= high
    assert 0.88 <= held / 200 <= 0.99


def test_nothing_of_nothing_is_nothing() -> None:
    assert share(np.array([1.0, 0]), np.array([2.0, 0])).tolist() == [0.5, 0]
