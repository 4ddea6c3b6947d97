"""pass@k is what counting all draws gives, and its interval redraws problems, by groups."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.evaluate.settings import EvaluateSettings
from tasks.statistics.pass_at_k import mean_with_interval, pass_at_k

counts = st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n)))


@given(counts)
def test_it_is_the_share_of_all_draws_in_which_one_passes(given: tuple[int, int, int]) -> None:
    drawn, passed, k = given
    draws = list(combinations([number < passed for number in range(drawn)], k))
    assert pass_at_k(drawn, passed, k) == pytest.approx(sum(map(any, draws)) / len(draws))


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_it_is_the_published_formula_and_grows_with_k(given: tuple[int, int, int]) -> None:
    drawn, passed, k = given
    wanted = 1 - math.comb(drawn - passed, k) / math.comb(drawn, k)
    assert pass_at_k(drawn, passed, k) == pytest.approx(wanted, abs=1e-9)
    assert pass_at_k(drawn, passed, 1) == pytest.approx(passed / drawn, abs=1e-9)
    assert pass_at_k(drawn, passed, k) >= pass_at_k(drawn, passed, 1) - 1e-9


def test_problems_of_a_group_are_redrawn_together() -> None:
    values = np.tile([0.0, 1.0], 50)
    settings = EvaluateSettings(resamples=2_000)
    alone = mean_with_interval(values, np.arange(100), settings, np.random.default_rng(0))
    tens = mean_with_interval(np.sort(values), np.repeat(np.arange(10), 10), settings, np.random.default_rng(0))
    assert alone.value == tens.value == 0.5
    assert alone.interval
    assert tens.interval
    error = 1.96 * math.sqrt(0.25 / 100)
    assert alone.interval == pytest.approx((0.5 - error, 0.5 + error), abs=0.02)
    assert tens.interval[1] - tens.interval[0] > 2.5 * (alone.interval[1] - alone.interval[0])


def test_where_none_or_all_pass_the_rule_of_three_gives_the_other_end() -> None:
    settings, rng = EvaluateSettings(), np.random.default_rng(0)
    for value, wanted in ((0.0, (0.0, 0.03)), (1.0, (0.97, 1.0))):
        found = mean_with_interval(np.full(100, value), np.arange(100), settings, rng)
        assert found.interval == pytest.approx(wanted, abs=1e-3)
