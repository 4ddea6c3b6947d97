"""Ridge: the closed form of leave-one-out is leave-one-out, and the fit is scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, Ridge, RidgeCV

from tasks.experiments.search.ridge import FREE, PENALTIES, fit_ridge
from tasks.experiments.search.surrogate import with_products, with_roots


def runs(seed: int, count: int, sources: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    mixes = rng.dirichlet(np.full(sources, 0.7), count)
    return mixes, np.sqrt(mixes) @ rng.normal(size=(sources, columns)) + rng.normal(0, 0.1, (count, columns))


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), count=st.integers(6, 30), sources=st.integers(2, 6), columns=st.integers(1, 3))
def test_runs_left_out_are_guessed_as_by_fits_without_them(seed: int, count: int, sources: int, columns: int) -> None:
    mixes, costs = runs(seed, count, sources, columns)
    penalty = np.array([0.03])
    closed = fit_ridge(with_roots, mixes, costs, penalty).left_out
    assert closed is not None
    for run in range(count):
        others = np.arange(count) != run
        again = fit_ridge(with_roots, mixes[others], costs[others], penalty).predict(mixes[[run]])
        assert closed[run] == pytest.approx(again[0], abs=1e-8)


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), count=st.integers(8, 40), sources=st.integers(2, 6))
def test_penalty_and_guesses_are_those_of_scikit_learn(seed: int, count: int, sources: int) -> None:
    mixes, costs = runs(seed, count, sources, 1)
    ours = fit_ridge(with_products, mixes, costs, PENALTIES)
    theirs = RidgeCV(PENALTIES).fit(with_products(mixes), costs[:, 0])
    assert ours.settings == pytest.approx([theirs.alpha_])
    fixed = Ridge(float(theirs.alpha_), solver="svd").fit(with_products(mixes), costs[:, 0])
    assert ours.predict(mixes)[:, 0] == pytest.approx(fixed.predict(with_products(mixes)), abs=1e-8)


def test_without_a_penalty_it_is_least_squares_also_on_shares_that_sum_to_one() -> None:
    mixes, costs = runs(2, 30, 5, 1)
    ours = fit_ridge(lambda shares: shares, mixes, costs, FREE).predict(mixes)
    assert ours == pytest.approx(LinearRegression().fit(mixes, costs).predict(mixes))


def test_a_run_that_alone_decides_a_coefficient_is_not_guessed_by_the_others() -> None:
    mixes = np.eye(4)
    left_out = fit_ridge(lambda shares: shares, mixes, np.arange(4.0)[:, None], FREE).left_out
    assert np.isnan(left_out).all()
