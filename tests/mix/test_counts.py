"""Counts are exact, caps hold, and what cannot be is told with remedies that work."""

import math
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.core.errors import NotEnoughData
from tasks.mix.counts import Budget, fill, quotas, whole

NAMES = "abcdef"
AMOUNTS = st.lists(st.floats(0.01, 1000), min_size=1, max_size=6)
POOLS = st.lists(st.tuples(st.integers(1, 10_000), st.floats(0.01, 1)), min_size=1, max_size=6)
EPOCHS = st.integers(10, 500).map(lambda hundredths: hundredths / 10)


def named(values: list[float]) -> dict[str, float]:
    return dict(zip(NAMES, values, strict=False))


def shares(weights: list[float]) -> dict[str, float]:
    return {name: weight / math.fsum(weights) for name, weight in named(weights).items()}


# --- whole numbers


@given(weights=AMOUNTS, size=st.integers(1, 10**9))
def test_counts_sum_to_the_budget_and_stay_within_one_of_the_quota(weights: list[float], size: int) -> None:
    quota = {name: share * size for name, share in shares(weights).items()}
    assume(all(value >= 1 for value in quota.values()))
    counts = whole(quota, size)
    assert sum(counts.values()) == size
    assert all(abs(counts[name] - quota[name]) < 1 for name in quota)
    assert whole({name: float(count) for name, count in counts.items()}, size) == counts


def test_the_subjects_own_example_passes_through() -> None:
    weights = {"news": 0.4, "social": 0.3, "papers": 0.3}
    quota = quotas(dict.fromkeys(weights, 1000.0), weights, Budget(1000, 1.0))
    assert whole(quota, 1000) == {"news": 400, "social": 300, "papers": 300}


def test_ties_go_by_the_order_of_the_sources() -> None:
    assert whole({"b": 1.5, "a": 1.5}, 3) == {"b": 2, "a": 1}


def test_a_weight_that_gives_no_row_is_an_error_with_both_remedies() -> None:
    with pytest.raises(NotEnoughData) as caught:
        whole({"a": 99.9, "b": 0.1}, 100)
    assert str(caught.value) == (
        "source 'b' has a weight of 0.001, which is 0.100 of 100 rows: none. Set mix.size >= 1000, or its weight to 0."
    )


@pytest.mark.parametrize("part", [1e-300, 5e-324, 1e-11])
def test_a_size_that_no_mix_has_is_no_remedy(part: float) -> None:
    with pytest.raises(NotEnoughData, match=r"of 100 rows: none\. Set its weight to 0\.$"):
        whole({"a": 100.0, "b": part}, 100)


@given(weights=AMOUNTS, size=st.integers(1, 1000))
def test_the_size_that_the_error_names_gives_every_source_a_row(weights: list[float], size: int) -> None:
    wanted = shares(weights)
    try:
        counts = whole({name: share * size for name, share in wanted.items()}, size)
    except NotEnoughData as error:
        enough = int(re.findall(r"mix\.size >= (\d+)", str(error))[0])
        counts = whole({name: share * enough for name, share in wanted.items()}, enough)
    assert min(counts.values()) >= 1


# --- water-filling


@given(weights=AMOUNTS, data=st.data())
def test_filling_respects_caps_and_keeps_the_ratio_of_the_open_ones(weights: list[float], data: st.DataObject) -> None:
    wanted = named(weights)
    caps = {name: data.draw(st.floats(0.1, 1000)) for name in wanted}
    size = data.draw(st.floats(0.01, 1)) * math.fsum(caps.values())
    filled = fill(wanted, caps, size)
    assert math.fsum(filled.values()) == pytest.approx(size)
    assert all(filled[name] <= caps[name] for name in wanted)
    open_ = {name: filled[name] / wanted[name] for name in wanted if filled[name] < caps[name] * (1 - 1e-9)}
    assert max(open_.values(), default=0) == pytest.approx(min(open_.values(), default=0))
    assert all(filled[name] / wanted[name] <= min(open_.values(), default=math.inf) * (1 + 1e-9) for name in wanted)
    assert fill(filled, caps, size) == pytest.approx(filled)


def test_redistribution_gives_the_overflow_to_the_others() -> None:
    held, weights = {"a": 10.0, "b": 1000.0, "c": 1000.0}, {"a": 0.5, "b": 0.25, "c": 0.25}
    assert quotas(held, weights, Budget(100, 2.0, redistribute=True)) == {"a": 20.0, "b": 40.0, "c": 40.0}


@pytest.mark.parametrize(
    ("held", "size", "epochs", "wanted"),
    [
        ((100, 1000, 10000), 3000, 4, (400, 1300, 1300)),
        ((100, 1000, 10000), 3000, 1, (100, 1000, 1900)),
        ((10, 20, 1000), 4120, 4, (40, 80, 4000)),
    ],
)
def test_even_weights_with_redistribution_are_unimax_as_published(
    held: tuple[float, ...], size: int, epochs: float, wanted: tuple[float, ...]
) -> None:
    quota = quotas(named(list(held)), shares([1.0] * 3), Budget(size, epochs, redistribute=True))
    assert tuple(quota.values()) == pytest.approx(wanted)


def test_a_budget_that_nobody_can_fill_says_what_would_stay_unspent() -> None:
    with pytest.raises(NotEnoughData) as caught:
        quotas({"a": 10.0, "b": 20.0, "c": 1000.0}, shares([1.0] * 3), Budget(10_000, 4.0, redistribute=True))
    assert str(caught.value) == (
        "10,000 rows wanted, 4,120 possible: every source is at its cap of max_epochs 4, 5,880 would stay unspent. "
        "Set mix.size <= 4120, or mix.max_epochs >= 9.72."
    )


# --- caps and what stands against them


def test_an_impossible_plan_names_the_source_the_numbers_the_best_plan_and_the_remedies() -> None:
    with pytest.raises(NotEnoughData) as caught:
        quotas({"wiki": 1440.0, "rest": 90_000.0}, {"wiki": 0.45, "rest": 0.55}, Budget(9000, 2.0))
    assert str(caught.value) == (
        "9,000 rows wanted, 6,400 possible. Source 'wiki' holds it back: 45 % of the mix = 4,050, but 1,440 rows x "
        "max_epochs 2 = 2,880. "
        "Set mix.size <= 6400, or mix.max_epochs >= 2.82, or mix.on_cap: redistribute."
    )
    assert caught.value.facts == {"source": "wiki", "wanted": 9000, "possible": 6400, "max_epochs": 2.82}


def test_the_trainers_epochs_count_and_the_error_says_how() -> None:
    with pytest.raises(NotEnoughData) as caught:
        quotas({"a": 100.0}, {"a": 1.0}, Budget(200, 4.0, 3.0))
    assert "100 rows x 1.333 copies (max_epochs 4 / 3 epochs of training) = 133" in str(caught.value)
    assert "mix.size <= 133, or mix.max_epochs >= 6," in str(caught.value)
    with pytest.raises(
        NotEnoughData,
        match=r"max_epochs is 4, but training alone goes through the mix 5 times\. Set mix\.max_epochs >= 5, or",
    ):
        quotas({"a": 100.0}, {"a": 1.0}, Budget(50, 4.0, 5.0))


@given(
    pool=POOLS,
    size=st.integers(1, 200_000),
    epochs=EPOCHS,
    trainer=st.sampled_from([1.0, 0.5, 2.0, 3.0]),
    redistribute=st.booleans(),
)
def test_caps_hold_and_remedies_work(
    pool: list[tuple[int, float]], size: int, epochs: float, trainer: float, redistribute: bool
) -> None:
    held, weights = named([float(rows) for rows, _ in pool]), shares([weight for _, weight in pool])
    assume(epochs >= trainer)

    def planned(size: int, epochs: float) -> dict[str, float]:
        return quotas(held, weights, Budget(size, epochs, trainer, redistribute=redistribute))

    try:
        quota = planned(size, epochs)
    except NotEnoughData as error:
        more, best = error.facts["max_epochs"], error.facts["possible"]
        assert math.fsum(planned(size, more).values()) == pytest.approx(size)
        assert f">= {more:g}" in str(error)
        assert best < size
        assume(best)
        quota, size = planned(best, epochs), best
        with pytest.raises(NotEnoughData):
            planned(best + 1, epochs)
    assert math.fsum(quota.values()) == pytest.approx(size)
    for name, value in quota.items():
        assert math.ceil(value - 1e-6) <= held[name] * epochs / trainer * (1 + 1e-9)


# --- all of it once


@given(sizes=st.lists(st.integers(1, 10**7), min_size=1, max_size=6))
def test_all_of_it_with_proportional_weights_is_every_row_once(sizes: list[int]) -> None:
    held = named([float(size) for size in sizes])
    quota = quotas(held, shares([float(size) for size in sizes]), Budget(None, 4.0))
    assert whole(quota, round(math.fsum(quota.values()))) == held


@given(pool=POOLS)
def test_all_of_it_with_any_weights_is_the_largest_mix_without_repeats(pool: list[tuple[int, float]]) -> None:
    held, weights = named([float(rows) for rows, _ in pool]), shares([weight for _, weight in pool])
    quota = quotas(held, weights, Budget(None, 4.0))
    size = round(math.fsum(quota.values()))
    assert all(quota[name] <= held[name] * (1 + 1e-9) for name in held)
    assert any((size + 1) * weights[name] > held[name] for name in held)
    assert {name: value / size for name, value in quota.items()} == pytest.approx(weights)


def test_a_source_without_weight_takes_no_part() -> None:
    assert quotas({"a": 100.0, "b": 300.0}, {"a": 0.0, "b": 1.0}, Budget(None, 4.0)) == {"a": 0.0, "b": 300.0}
    assert quotas({"a": 0.0, "b": 300.0}, {"a": 0.0, "b": 1.0}, Budget(5, 4.0, redistribute=True)) == {
        "a": 0.0,
        "b": 5.0,
    }


def test_a_source_without_rows_but_with_a_weight_is_an_error() -> None:
    with pytest.raises(
        NotEnoughData, match=r"source 'a' has a weight of 0\.5 but no rows to train on; set its weight to 0"
    ):
        quotas({"a": 0.0, "b": 10.0}, {"a": 0.5, "b": 0.5}, Budget(10, 1.0))
