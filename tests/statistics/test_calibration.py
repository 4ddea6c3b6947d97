"""Calibration: a model that is right as often as it is sure shows chance alone, one that boasts shows more."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from tasks.evaluate.settings import EvaluateSettings
from tasks.statistics.calibration import bins_of, calibrated, of_answers, of_sets

SETTINGS = EvaluateSettings(resamples=200)
CHANCES = st.lists(st.floats(0, 1, width=16), min_size=1, max_size=80)


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@given(chances=CHANCES, seed=st.integers(0, 9))
def test_bins_hang_on_chances_alone_and_equal_ones_share_one(chances: list[float], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(chances))
    values = np.array(chances)
    number = bins_of(values)
    assert (bins_of(values[order]) == number[order]).all()
    assert sorted({*number.tolist()}) == [*range(number.max() + 1)]
    assert number.max() < 15
    assert all((np.diff(number[np.argsort(values)]) >= 0).tolist())
    assert all(len({*number[values == value].tolist()}) == 1 for value in chances)


@settings(deadline=None, max_examples=20)
@given(chances=CHANCES)
def test_the_interval_holds_the_error_and_bins_hold_every_event(chances: list[float]) -> None:
    sure = np.array(chances)[:, None]
    happened = (rng().random(sure.shape) < 0.5).astype(float)
    found = calibrated(sure, happened, sure[:, 0], sure[:, 0], SETTINGS, rng())
    assert found.error.interval
    low, high = found.error.interval
    assert 0 <= low <= high <= 1
    assert low - 1e-6 <= found.error.value <= high + 1e-6
    assert sum(each.events for each in found.bins) == len(chances)
    gaps = sum(each.events * abs(each.chance - each.happened) for each in found.bins) / len(chances)
    assert found.error.value == pytest.approx(gaps, abs=1e-5)


def test_the_error_by_hand() -> None:
    """Six answers at .9, of which three are right, and four at .6, of which three are: .6 · .4 + .4 · .15."""
    sure = np.array([0.9] * 6 + [0.6] * 4)
    truth = np.array([0, 0, 0, 1, 1, 1, 0, 0, 0, 1])
    likely = np.column_stack([sure, 1 - sure])
    found = of_answers(likely, truth, -np.log(likely[np.arange(10), truth]), SETTINGS, rng())
    assert found.error.value == pytest.approx(0.3)
    assert [(each.events, each.chance, each.happened) for each in found.bins] == [(4, 0.6, 0.75), (6, 0.9, 0.5)]
    assert found.log_loss.value == pytest.approx(log_loss(truth, likely[:, 1]), abs=1e-6)
    assert found.brier.value == pytest.approx(2 * brier_score_loss(truth, likely[:, 1]), abs=1e-6), "over both labels"


@pytest.mark.parametrize(("boasts", "seen"), [(1.0, False), (4.0, True)])
def test_a_model_that_boasts_is_told_from_chance(boasts: float, seen: bool) -> None:
    logits = rng().normal(size=(2_000, 3))
    chances, said = (np.exp(scale * logits) for scale in (1.0, boasts))
    chances, said = (each / each.sum(1, keepdims=True) for each in (chances, said))
    truth = (chances.cumsum(1) < rng().random((2_000, 1))).sum(1)
    found = of_answers(said, truth, np.zeros(2_000), SETTINGS, rng())
    assert found.error.interval
    assert found.by_chance.interval
    assert (found.error.interval[0] > found.by_chance.interval[1]) == seen
    assert (found.error.value < found.by_chance.interval[1]) == (not seen)


def test_several_labels_are_judged_each_by_itself() -> None:
    likely, truth = np.array([[0.2, 0.9], [0.2, 0.9]]), np.array([[0.0, 1.0], [1.0, 1.0]])
    found = of_sets(likely, truth, np.ones(2), SETTINGS, rng())
    assert [(each.events, each.chance, each.happened) for each in found.bins] == [(2, 0.2, 0.5), (2, 0.9, 1.0)]
    assert found.error.value == pytest.approx((0.3 + 0.1) / 2)
    assert found.brier.value == pytest.approx((0.04 + 0.01 + 0.64 + 0.01) / 2)
