"""Which surrogate is chosen, by how it guesses runs that were left out; costs that rule no fit."""

import importlib.util

import numpy as np
import pytest
from scipy.stats import spearmanr

from tasks.core import registry
from tasks.core.errors import RecipeError, UnknownKind
from tasks.experiments.search import surrogates
from tasks.experiments.search.scales import DIVERGED, logarithmic, top
from tasks.experiments.search.select import EVERY_RUN, Evidence, cross_validated, select_surrogate

KINDS = registry.names(surrogates)
HERE = [kind for kind in KINDS if kind != "lightgbm" or importlib.util.find_spec("lightgbm")]


def evidence(count: int = 40, columns: int = 2, seed: int = 0, noise: float = 0.02) -> Evidence:
    rng = np.random.default_rng(seed)
    mixes = rng.dirichlet(np.ones(4), count)
    costs = 2 + np.exp(mixes @ rng.normal(0, 1, (4, columns))) + rng.normal(0, noise, (count, columns))
    return Evidence(mixes, costs, np.full(columns, 1 / columns))


def test_the_least_error_on_runs_left_out_is_chosen() -> None:
    tried = select_surrogate(evidence(columns=1))
    assert [one.error for one in tried] == sorted(one.error for one in tried)
    assert {one.kind for one in tried} == {"exponential-law", "gaussian-process", "quadratic", "root-ridge"}


def test_runs_are_left_out_one_by_one_while_they_are_few() -> None:
    few, many = (
        cross_validated("exponential-law", evidence(EVERY_RUN, 1)),
        cross_validated("exponential-law", evidence(EVERY_RUN + 1, 1)),
    )
    assert (few.folds, many.folds) == (EVERY_RUN, 5)


def test_an_unknown_kind_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownKind, match="root-ridge"):
        cross_validated("rootridge", evidence())


def test_a_missing_package_is_told_with_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "lightgbm", None)
    with pytest.raises(RecipeError, match=r'pip install "cuvee\[lightgbm\]"'):
        cross_validated("lightgbm", evidence())


def test_a_bad_run_is_one_twice_as_far_above_the_median_as_the_best_is_below() -> None:
    assert top(np.array([[1.0], [2.0], [3.0], [50.0], [2.5]]), 2.0) == pytest.approx([2.5 + 2 * 1.5])
    assert top(np.array([[1.0], [2.0], [3.0]]), 2.0) == pytest.approx([3])
    assert top(np.array([[1.0], [1.0], [1.0], [9.0]]), 2.0) == pytest.approx([9])


def test_a_run_that_diverged_does_not_rule_the_fit() -> None:
    known = evidence(40, 1)
    costs = known.costs.copy()
    costs[3] = 1e6
    found = select_surrogate(Evidence(known.mixes, costs, known.parts))[0]
    assert spearmanr(found.predict(known.mixes), known.totals).statistic > 0.9


def test_the_logarithm_keeps_the_order_and_comes_back() -> None:
    costs = np.random.default_rng(3).gamma(2.0, size=(30, 2))
    scale = logarithmic(costs)
    assert scale.back(scale.forward(costs)) == pytest.approx(np.minimum(costs, top(costs, DIVERGED)))
    far = scale.back(np.array([[1e6, 1e6], [-1e6, -1e6]]))
    assert np.isfinite(far).all()
