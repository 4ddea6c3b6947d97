"""Oracles and laws of the statistics behind a verdict; numbers without another source were computed by hand or by
statsmodels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.statistics.bootstrap import RowGroups, bca_interval, hierarchical_intervals, hierarchical_replicates
from tasks.statistics.intervals import detectable_difference
from tasks.statistics.paired import holm, mcnemar, paired_t
from tasks.statistics.ranks import spearman

NEW, BASE = np.array([0.812, 0.807, 0.818, 0.809, 0.815]), np.array([0.800, 0.803, 0.805, 0.798, 0.801])
chances = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def one_group(count: int) -> RowGroups:
    return RowGroups((np.arange(count),), np.ones(count))


def test_paired_t_over_seeds() -> None:
    found = paired_t(NEW - BASE, 0.95)
    assert found is not None
    assert (found.mean, found.sd, found.t) == (
        pytest.approx(0.0108),
        pytest.approx(0.003962, abs=1e-6),
        pytest.approx(6.0948, abs=1e-4),
    )
    assert found.p == pytest.approx(0.003666, abs=1e-6)
    assert (found.low, found.high) == (pytest.approx(0.005880, abs=1e-6), pytest.approx(0.015720, abs=1e-6))


def test_seeds_that_agree_wholly_and_a_single_one() -> None:
    assert paired_t([0.1], 0.95) is None
    same = paired_t([0.25, 0.25, 0.25], 0.95)
    assert same is not None
    assert (same.low, same.high, same.p) == (0.25, 0.25, 0)
    assert (paired_t([0.0, 0.0], 0.95) or same).p == 1


def answers(b: int, c: int, both: int) -> tuple[np.ndarray, np.ndarray]:
    first = np.repeat([True, False, True], [b, c, both])
    second = np.repeat([False, True, True], [b, c, both])
    return first, second


def test_exact_mcnemar() -> None:
    found = mcnemar(*answers(121, 59, 300))
    assert (found.b, found.c) == (121, 59)
    assert found.p == pytest.approx(4.434e-6, rel=1e-3)
    assert mcnemar(*answers(0, 0, 10)).p == 1


def test_the_tests_agree_on_a_case_without_a_difference() -> None:
    first, second = answers(33, 35, 332)
    assert mcnemar(first, second).p == pytest.approx(0.9036, abs=1e-4)
    difference = first.astype(float) - second
    low, high = bca_interval(difference, one_group(400), 0.95, 9_999, np.random.default_rng(0))
    assert (low, high) == (pytest.approx(-0.0425, abs=0.0026), pytest.approx(0.0375, abs=0.0026))
    both = hierarchical_intervals([difference[None]], one_group(400), 0.95, 9_999, np.random.default_rng(0))[0][0]
    assert (both.low, both.high) == (pytest.approx(low, abs=0.003), pytest.approx(high, abs=0.003))
    assert both.p == pytest.approx(0.81, abs=0.03)


def test_bca_interval_of_a_ratio_is_that_of_scipy_on_pairs() -> None:
    from scipy.stats import bootstrap

    rng = np.random.default_rng(1)
    tokens = rng.integers(5, 60, 150).astype(float)
    losses = tokens * rng.normal(3, 0.4, 150)
    found = bca_interval(losses, RowGroups((np.arange(150),), tokens), 0.95, 9_999, np.random.default_rng(2))
    peer = bootstrap(
        (losses, tokens),
        lambda a, b, axis: a.sum(axis) / b.sum(axis),
        paired=True,
        n_resamples=9_999,
        method="BCa",
        rng=np.random.default_rng(3),
    )
    assert found == pytest.approx(tuple(peer.confidence_interval), abs=0.01)


def test_more_rows_than_a_jackknife_is_worth_and_rows_all_alike() -> None:
    rng = np.random.default_rng(0)
    low, high = bca_interval(rng.normal(1, 1, 20_000), one_group(20_000), 0.95, 300, rng)
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(20_000), rel=0.2)
    halves, weights = (np.arange(4), np.arange(4, 9)), rng.uniform(1, 9, 9)
    assert bca_interval(np.ones(9), RowGroups(halves, np.ones(9)), 0.95, 100, rng) == (1, 1)
    assert bca_interval(np.zeros(9), RowGroups(halves, weights), 0.95, 100, rng) == (0, 0), "two models that are one"
    assert bca_interval(2 * weights, RowGroups(halves, weights), 0.95, 100, rng) == pytest.approx((2, 2))


def test_holm_on_four_tests() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(chances)
def test_holm_lies_between_the_plain_value_and_bonferronis_and_keeps_the_order(found: list[float]) -> None:
    corrected = holm(found)
    assert all(plain <= one <= min(1, len(found) * plain) + 1e-12 for plain, one in zip(found, corrected, strict=True))
    by_plain = [one for _, one in sorted(zip(found, corrected, strict=True))]
    assert by_plain == sorted(by_plain)


def test_least_detectable_difference() -> None:
    assert detectable_difference(0.003962 / np.sqrt(5), 4, 0.95) == pytest.approx(
        (2.7764 + 0.9410) * 0.003962 / np.sqrt(5), rel=1e-4
    )


def test_score_is_the_mean_over_groups_of_amount_per_weight() -> None:
    rows = RowGroups((np.array([0, 1]), np.array([2])), np.array([1.0, 3.0, 2.0]))
    assert rows.scores(np.array([2.0, 2.0, 6.0])) == pytest.approx((4 / 4 + 6 / 2) / 2)


def test_bootstrap_of_rows_alone_has_the_variance_of_a_mean() -> None:
    values = np.random.default_rng(0).normal(size=(1, 500))
    both, only_rows = hierarchical_replicates([values], one_group(500), 4_000, np.random.default_rng(1))
    assert both[0].std() == pytest.approx(values.std() / np.sqrt(500), rel=0.05)
    assert np.array_equal(both[0], only_rows[0])


def test_bootstrap_of_seeds_alone_has_the_unbiased_variance_of_their_mean() -> None:
    levels = np.array([0.1, 0.4, 0.2])
    both, only_rows = hierarchical_replicates(
        [np.repeat(levels[:, None], 50, 1)], one_group(50), 20_000, np.random.default_rng(1)
    )
    assert both[0].std() == pytest.approx(levels.std(ddof=1) / np.sqrt(3), rel=0.02)
    assert np.ptp(only_rows[0]) < 1e-6


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("of_seeds", [0.0, 0.02, 0.1])
def test_interval_holds_the_truth_as_often_as_it_says(seeds: int, of_seeds: float) -> None:
    """Differences of right and wrong answers: a row's own, a seed's own, and noise; the true mean is 0."""
    rng, rows = np.random.default_rng(5), one_group(200)
    amounts = [
        rng.normal(0, of_seeds, (seeds, 1)) + rng.normal(0, 0.3, 200) + rng.normal(0, 0.3, (seeds, 200))
        for _ in range(600)
    ]
    found, _ = hierarchical_intervals(amounts, rows, 0.95, 400, rng)
    assert np.mean([one.low <= 0 <= one.high for one in found]) > 0.925


def test_contrasts_with_different_numbers_of_seeds_keep_their_own() -> None:
    amounts = [np.full((3, 10), 0.5), np.zeros((1, 10))]
    (first, second), _ = hierarchical_intervals(amounts, one_group(10), 0.95, 100, np.random.default_rng(0))
    assert (first.estimate, first.p) == (0.5, 0)
    assert (second.estimate, second.p) == (0, 1)


def test_rank_correlation_of_ties_and_of_a_side_without_an_order() -> None:
    assert spearman(np.array([1.0, 2, 2, 3]), np.array([1.0, 2, 3, 4]))[0] == pytest.approx(0.9486833)
    assert spearman(np.ones(5), np.arange(5.0)) == (0.0, 1.0)
