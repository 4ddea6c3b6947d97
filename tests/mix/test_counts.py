"""Counts are exact, caps hold, and what cannot be is told with its remedies."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.errors import NotEnoughData
from tasks.mix.counts import Budget, fill, quotas, whole

NAMES = "abcdef"
AMOUNTS = st.lists(st.floats(0.01, 1000), min_size=1, max_size=6)


@given(shares=AMOUNTS, size=st.integers(1, 100_000))
def test_counts_sum_to_the_budget_and_stay_within_one_of_the_quota(shares: list[float], size: int) -> None:
    quota = {name: share / math.fsum(shares) * size for name, share in zip(NAMES, shares, strict=False)}
    assume(all(value >= 1 for value in quota.values()))
    counts = whole(quota, size)
    assert sum(counts.values()) == size
    assert all(abs(counts[name] - quota[name]) < 1 for name in quota)


def test_the_subjects_own_example_passes_through() -> None:
    weights = {"news": 0.4, "social": 0.3, "papers": 0.3}
    quota = quotas(dict.fromkeys(weights, 1000.0), weights, Budget(1000, 1.0, redistribute=False))
    assert whole(quota, 1000) == {"news": 400, "social": 300, "papers": 300}


def test_ties_go_by_the_order_of_the_sources() -> None:
    assert whole({"b": 0.5 + 1, "a": 0.5 + 1}, 3) == {"b": 2, "a": 1}


def test_weight_that_gives_no_row_is_an_error_with_both_remedies() -> None:
    with pytest.raises(NotEnoughData, match=r"weight of 0\.001000.*Set mix\.size >= 1000, or its weight to 0"):
        whole({"a": 99.9, "b": 0.1}, 100)


@given(weights=AMOUNTS, data=st.data())
def test_filling_respects_caps_and_keeps_the_ratio_of_the_open_ones(weights: list[float], data: st.DataObject) -> None:
    named = dict(zip(NAMES, weights, strict=False))
    caps = {name: data.draw(st.floats(0.1, 1000)) for name in named}
    size = data.draw(st.floats(0.01, 1)) * math.fsum(caps.values())
    given_ = fill(named, caps, size)
    assert math.fsum(given_.values()) == pytest.approx(size)
    assert all(given_[name] <= caps[name] * (1 + 1e-9) for name in named)
    open_ = [given_[name] / named[name] for name in named if given_[name] < caps[name] * (1 - 1e-9)]
    assert max(open_, default=0) == pytest.approx(min(open_, default=0))
    assert fill(given_, caps, size) == pytest.approx(given_)


def test_impossible_plan_names_the_source_the_numbers_and_the_remedies() -> None:
    with pytest.raises(NotEnoughData) as caught:
        quotas({"wiki": 1440.0, "rest": 90_000.0}, {"wiki": 0.45, "rest": 0.55}, Budget(9000, 2.0, redistribute=False))
    told = str(caught.value)
    assert "9,000 rows wanted, 6,400 possible. Source 'wiki' holds it back: 45.0 % of the mix = 4,050, but 1,440 rows x 2 repeats = 2,880." in told
    assert "Set mix.size <= 6400" in told
    assert "2.82 times" in told
    assert "redistribute" in told


def test_redistribution_gives_the_overflow_to_the_others() -> None:
    quota = quotas({"a": 10.0, "b": 1000.0, "c": 1000.0}, {"a": 0.5, "b": 0.25, "c": 0.25}, Budget(100, 2.0, redistribute=True))
    assert quota == {"a": 20.0, "b": 40.0, "c": 40.0}
    with pytest.raises(NotEnoughData, match="4,020 possible"):
        quotas({"a": 10.0, "b": 1000.0, "c": 1000.0}, {"a": 0.5, "b": 0.25, "c": 0.25}, Budget(5000, 2.0, redistribute=True))


def test_all_of_it_once_is_the_largest_mix_without_repeats() -> None:
    once = Budget(None, 4.0, redistribute=False)
    assert quotas({"a": 100.0, "b": 300.0}, {"a": 0.25, "b": 0.75}, once) == {"a": 100.0, "b": 300.0}
    assert quotas({"a": 100.0, "b": 300.0}, {"a": 0.5, "b": 0.5}, once) == {"a": 100.0, "b": 100.0}
    assert quotas({"a": 100.0, "b": 300.0}, {"a": 0.0, "b": 1.0}, once) == {"a": 0.0, "b": 300.0}


def test_source_without_rows_but_with_a_weight_is_an_error() -> None:
    with pytest.raises(NotEnoughData, match="'a' has a weight"):
        quotas({"a": 0.0, "b": 10.0}, {"a": 0.5, "b": 0.5}, Budget(10, 1.0, redistribute=False))
