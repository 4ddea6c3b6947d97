"""Scores agree with scikit-learn, intervals hold the score, and nothing depends on luck."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from tasks.evaluate.settings import EvaluateSettings
from tasks.manifests.scores import Metrics
from tasks.objectives.text_classification.measures import MEASURED
from tasks.statistics.classification import beside, confusion, evaluated, scored, scores_of

SETTINGS = EvaluateSettings(resamples=500)
PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60)


def arrays(pairs: list[tuple[int, int]]) -> tuple[Any, Any]:
    return np.array([truth for truth, _ in pairs]), np.array([predicted for _, predicted in pairs])


@given(pairs=PAIRS)
def test_scores_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = arrays(pairs)
    accuracy, macro_f1 = scores_of(confusion(truth, predicted, 3))
    seen = sorted(set(truth) | set(predicted))
    assert accuracy == pytest.approx(accuracy_score(truth, predicted))
    assert macro_f1 == pytest.approx(f1_score(truth, predicted, labels=seen, average="macro", zero_division=0))


@settings(deadline=None)
@given(pairs=PAIRS)
def test_intervals_hold_the_score_and_are_reproducible(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = arrays(pairs)
    found = [scored(truth, predicted, 3, SETTINGS, np.random.default_rng(1)) for _ in range(2)]
    assert found[0] == found[1]
    accuracy = found[0].measures["accuracy"]
    assert accuracy.interval
    assert accuracy.interval[0] - 1e-6 <= accuracy.value <= accuracy.interval[1] + 1e-6


def test_interval_is_that_of_the_binomial() -> None:
    truth = np.zeros(1000, int)
    predicted = np.array([0] * 800 + [1] * 200)
    found = scored(truth, predicted, 2, EvaluateSettings(resamples=4000), np.random.default_rng(0))
    assert found.measures["accuracy"].interval == pytest.approx((0.8 - 1.96 * 0.01265, 0.8 + 1.96 * 0.01265), abs=0.003)


def test_a_source_is_beaten_by_its_own_commonest_label_or_that_of_the_mix() -> None:
    """a: 8 of 10 no; b: 3 of 4 yes; c has no rows in the mix. The mix's commonest is no."""
    truth = np.array([0] * 8 + [1] * 2 + [1] * 3 + [0] + [1, 0])
    source = ["a"] * 10 + ["b"] * 4 + ["c"] * 2
    found = evaluated(
        truth, truth, source, 0, ("no", "yes"), SETTINGS, np.random.default_rng(0), {"a": 0, "b": 1}
    ).by_source
    reached = {
        name: {learned: (one.label, one.value("accuracy")) for learned, one in score.baselines.items()}
        for name, score in found.items()
    }
    assert reached == {
        "a": {"mix": ("no", 0.8), "own": ("no", 0.8)},
        "b": {"mix": ("no", 0.25), "own": ("yes", 0.75)},
        "c": {"mix": ("no", 0.5)},
    }
    assert [MEASURED.main.to_beat(score) for score in found.values()] == [0.8, 0.75, 0.5]
    written = Metrics(by_source=found).model_dump(mode="json")
    assert written["by_source"]["b"]["baselines"]["own"] == {"accuracy": 0.75, "macro_f1": 0.428571, "label": "yes"}
    assert Metrics.model_validate(written).by_source == found


def test_a_linear_model_is_beaten_by_the_rows_that_only_one_of_both_has_right() -> None:
    """In all 100 rows, of a 60 and of b 40: the model alone is right on 30, all of a; the linear one alone on 10."""
    truth = np.array([0, 1] * 50)
    source = ["a"] * 60 + ["b"] * 40
    ours, linear = truth.copy(), truth.copy()
    linear[:30] = 1 - truth[:30]
    ours[60:70] = 1 - truth[60:70]
    alone = evaluated(truth, ours, source, 0, ("no", "yes"), SETTINGS, np.random.default_rng(0))
    found = beside(alone, truth, ours, linear, source, ("no", "yes"), SETTINGS, np.random.default_rng(1))
    reached = {name: score.linear for name, score in [("all", found), *found.by_source.items()]}
    assert {name: one and (one.value("accuracy"), one.gain, one.rows) for name, one in reached.items()} == {
        "all": (0.7, 0.2, None),
        "a": (0.5, 0.5, None),
        "b": (1.0, -0.25, None),
    }
    assert found.linear
    assert found.linear.gain_interval
    # The difference of a row is 1, 0 or -1, so that its variance is .4 - .2²: the mean of 100 has a deviation of .06.
    assert found.linear.gain_interval == pytest.approx((0.2 - 1.96 * 0.06, 0.2 + 1.96 * 0.06), abs=0.02)
    assert found.model_copy(update={"linear": None, "by_source": alone.by_source}) == alone
    assert Metrics.model_validate(found.model_dump(mode="json")) == found
    assert MEASURED.beside_linear(found).startswith(
        "The model beats a linear model trained on the same mix (70.0 %): +20.0 points"
    )
    assert MEASURED.beside_linear(alone) == ""


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ([0.01, 0.05], "The model beats {}: +2.0 points, +1.0 to +5.0."),
        ([0.0, 0.05], "The model does not beat {}: +2.0 points, +0.0 to +5.0."),
        ([-0.02, 0.05], "The model does not beat {}: +2.0 points, −2.0 to +5.0."),
        ([-0.05, -0.01], "The model is worse than {}: +2.0 points, −5.0 to −1.0."),
    ],
)
def test_a_linear_model_is_beaten_only_outside_the_interval(ends: list[float], said: str) -> None:
    linear = {"accuracy": 0.78, "macro_f1": 0.7, "gain": 0.02, "gain_interval": ends}
    told = MEASURED.beside_linear(Metrics.model_validate({"accuracy": 0.8, "linear": linear}))
    assert told == said.format("a linear model trained on the same mix (78.0 %)")


def test_perfect_and_constant_answers() -> None:
    truth = np.array([0, 1] * 50)
    found = evaluated(truth, truth, ["a"] * 60 + ["b"] * 40, 1, ("no", "yes"), SETTINGS, np.random.default_rng(0))
    assert (found.value("accuracy"), found.value("macro_f1")) == (1.0, 1.0)
    assert found.measures["accuracy"].interval == (pytest.approx(1 - 3 / 100, abs=1e-4), 1.0)
    assert found.measures["macro_f1"].interval is None
    baseline = found.baseline
    assert baseline.value("accuracy") == 0.5
    assert baseline.label == "yes"
    assert baseline.value("macro_f1") == pytest.approx(1 / 3, abs=1e-6)
    assert baseline.gain == 0.5
    assert baseline.gain_interval
    assert baseline.gain_interval[0] > 0.35
    assert found.confusion
    assert found.confusion.counts == ((50, 0), (0, 50))
    assert {name: score.rows for name, score in found.by_source.items()} == {"a": 60, "b": 40}
    said = found.model_dump(mode="json")
    assert list(said) == [
        *("accuracy", "accuracy_interval", "macro_f1"),
        *("rows", "by_source", "baseline", "confusion", "confidence"),
    ], "as it is published"
    assert Metrics.model_validate(said) == found


def test_scores_that_say_little_say_so() -> None:
    found = scored(np.zeros(5, int), np.zeros(5, int), 2, SETTINGS, np.random.default_rng(0))
    assert found.note == "only 5 rows; 1 of 2 labels do not occur"
