"""Floors and ceilings: the nearest shares between them, or an error with the sums."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize

from tasks.core.errors import RecipeError
from tasks.weigh.bounds import Bounds, project, within
from tasks.weigh.verdicts import settle

NAMES = "abcdef"


@st.composite
def bounded(draw: st.DrawFn) -> tuple[dict[str, float], Bounds]:
    count = draw(st.integers(1, 6))
    raw = draw(st.lists(st.floats(0.001, 1) | st.just(0.0), min_size=count, max_size=count))
    assume(sum(raw) > 0)
    weights = {name: value / math.fsum(raw) for name, value in zip(NAMES, raw, strict=False)}
    floors = {name: draw(st.floats(0, 0.3)) for name in weights if draw(st.booleans())}
    ceilings = {name: max(draw(st.floats(0.05, 1)), floors.get(name, 0)) for name in weights if draw(st.booleans())}
    return weights, Bounds(floors, ceilings)


@given(asked=bounded())
def test_shares_sum_to_1_between_their_bounds_and_open_ones_keep_their_proportions(
    asked: tuple[dict[str, float], Bounds],
) -> None:
    weights, bounds = asked
    try:
        found = project(weights, bounds)
    except RecipeError as error:
        low = sum(bounds.floors.values())
        high = sum(
            bounds.ceilings.get(name, 1.0) if share else bounds.floors.get(name, 0.0) for name, share in weights.items()
        )
        assert low > 1 or high < 1, error
        return
    assert math.fsum(found.values()) == pytest.approx(1, abs=1e-9)
    for name, share in found.items():
        assert bounds.floors.get(name, 0) - 1e-12 <= share <= bounds.ceilings.get(name, 1) + 1e-12
        assert share > 0 or weights[name] == 0
    free = [
        found[name] / weights[name]
        for name in found
        if bounds.floors.get(name, 0) + 1e-9 < found[name] < bounds.ceilings.get(name, 1) - 1e-9 and weights[name]
    ]
    assert max(free, default=1) == pytest.approx(min(free, default=1))
    assert project(found, bounds) == pytest.approx(found, abs=1e-9)


@given(
    raw=st.lists(st.floats(0.01, 1), min_size=4, max_size=4),
    low=st.lists(st.floats(0, 0.15), min_size=4, max_size=4),
    high=st.lists(st.floats(0.3, 1), min_size=4, max_size=4),
)
def test_no_shares_between_the_bounds_are_nearer_in_divergence(
    raw: list[float], low: list[float], high: list[float]
) -> None:
    asked_for = np.array(raw) / sum(raw)

    def divergence(shares: np.ndarray) -> float:
        return float(np.sum(shares * np.log(np.maximum(shares, 1e-300) / asked_for)))

    weights, bounds = (
        dict(zip(NAMES, asked_for.tolist(), strict=False)),
        Bounds(dict(zip(NAMES, low, strict=False)), dict(zip(NAMES, high, strict=False))),
    )
    found = np.array(list(project(weights, bounds).values()))
    start = np.array(low) + (np.array(high) - low) * (1 - sum(low)) / (sum(high) - sum(low))
    whole = {"type": "eq", "fun": lambda w: w.sum() - 1}
    best = minimize(divergence, start, method="SLSQP", bounds=list(zip(low, high, strict=True)), constraints=whole)
    assert divergence(found) <= divergence(best.x / best.x.sum()) + 1e-6


def test_shares_between_their_bounds_stay_as_they_are() -> None:
    weights = {"news": 0.4, "social": 0.3, "papers": 0.3}
    assert project(weights, Bounds({"papers": 0.3}, {"news": 0.4})) == weights


def test_a_cut_share_goes_to_the_others_in_proportion_and_never_to_one_without_a_weight() -> None:
    assert project({"a": 0.8, "b": 0.15, "c": 0.05, "d": 0.0}, Bounds({}, {"a": 0.4})) == pytest.approx(
        {"a": 0.4, "b": 0.45, "c": 0.15, "d": 0.0}
    )
    assert project({"a": 0.9, "b": 0.1, "c": 0.0}, Bounds({"c": 0.1}, {})) == pytest.approx(
        {"a": 0.81, "b": 0.09, "c": 0.1}
    )


def test_bounds_that_cannot_hold_are_told_with_their_sums() -> None:
    with pytest.raises(
        RecipeError, match=r"mix\.floors sum to 1\.2, more than the whole mix \(a 0\.7, b 0\.5\); lower them by 0\.2"
    ):
        project({"a": 0.5, "b": 0.5}, Bounds({"a": 0.7, "b": 0.5}, {}))
    with pytest.raises(
        RecipeError, match=r"ceilings of the sources that have a weight sum to 0\.7, less .* \(a 0\.3, b 0\.4\); raise"
    ):
        project({"a": 0.5, "b": 0.5, "c": 0.0}, Bounds({}, {"a": 0.3, "b": 0.4}))


def test_the_reasons_say_what_was_moved_and_a_source_that_gives_nothing_has_no_floor() -> None:
    weighed = settle({"a": 0.8, "b": 0.15, "c": 0.05}, dict.fromkeys("abc", 1.0), (), "given")
    found = within(weighed, Bounds({"c": 0.1}, {"a": 0.6}), ())
    assert found.requested == weighed.weights
    assert found.reasons == {
        "a": "given: 0.80 asked; cut to its ceiling of 0.60",
        "b": "given: 0.15 asked; floors and ceilings move others, so 0.30",
        "c": "given: 0.05 asked; raised to its floor of 0.10",
    }
    without = within(weighed, Bounds({"c": 0.1}, {}), {"c"})
    assert without.weights == weighed.weights
    assert without.notes == ("the floor of c (0.1) does not hold: the source gives nothing",)
    with pytest.raises(RecipeError, match="a floor or ceiling for 'x', but the sources are a, b, c"):
        within(weighed, Bounds({"x": 0.1}, {}), ())
