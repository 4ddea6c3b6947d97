"""Laws that every kind of surrogate keeps; the kinds are those of the folder."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from tasks.core import registry
from tasks.experiments.search import surrogates
from tasks.experiments.search.ensemble import fit_ensemble
from tasks.experiments.search.evidence import Evidence
from tasks.experiments.search.scales import SCALES

KINDS = registry.names(surrogates)

CLOSED = [kind for kind in KINDS if kind != "exponential-law"]


def evidence(count: int = 40, columns: int = 2, seed: int = 0, noise: float = 0.02) -> Evidence:
    rng = np.random.default_rng(seed)
    mixes = rng.dirichlet(np.ones(4), count)
    costs = 2 + np.exp(mixes @ rng.normal(0, 1, (4, columns))) + rng.normal(0, noise, (count, columns))
    return Evidence(mixes, costs, np.full(columns, 1 / columns))


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_says_when_it_suits_and_on_which_scale_it_fits(kind: str) -> None:
    module = registry.load(surrogates, kind)
    assert module.SCALE in SCALES
    assert isinstance(module.suits(20, 5, 1), bool)
    assert module.__doc__


@pytest.mark.parametrize("kind", KINDS)
def test_guesses_have_the_shape_of_the_question_and_are_the_same_every_time(kind: str) -> None:
    module, known = registry.load(surrogates, kind), evidence()
    other = np.random.default_rng(1).dirichlet(np.ones(4), 7)
    first, second = (module.fit(known.mixes, known.costs) for _ in range(2))
    assert first.predict(other).shape == (7, 2)
    assert np.isfinite(first.predict(other)).all()
    assert np.array_equal(first.predict(other), second.predict(other))
    assert first.left_out is None or first.left_out.shape == known.costs.shape


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_ranks_unseen_mixes_of_a_smooth_law(kind: str) -> None:
    runs = evidence(300, noise=0.01)
    new = runs.only(np.arange(200, 300))
    found = fit_ensemble(runs.only(np.arange(200)), [kind]).predict(new.mixes)
    assert spearmanr(found, new.totals).statistic > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_the_runs_does_not_matter(kind: str) -> None:
    module, known = registry.load(surrogates, kind), evidence()
    turned = known.only(np.arange(40)[::-1])
    assert module.fit(known.mixes, known.costs).predict(known.mixes) == pytest.approx(
        module.fit(turned.mixes, turned.costs).predict(known.mixes), rel=1e-3
    )


@pytest.mark.parametrize("kind", CLOSED)
def test_closed_forms_are_what_fits_without_the_run_guess(kind: str) -> None:
    module, known = registry.load(surrogates, kind), evidence(20, 1)
    fitted = module.fit(known.mixes, known.costs)
    for run in (0, 7, 19):
        others = known.only(np.flatnonzero(np.arange(20) != run))
        again = module.fit(others.mixes, others.costs, fitted.settings)
        assert fitted.left_out[run] == pytest.approx(again.predict(known.mixes[[run]])[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_suits_any_runs_has_a_closed_form_for_runs_left_out(kind: str) -> None:
    assert kind in CLOSED or not any(
        registry.load(surrogates, kind).suits(*shape) for shape in ((10, 2, 1), (85, 17, 13), (1000, 5, 1))
    )


@pytest.mark.parametrize("kind", CLOSED)
def test_columns_are_fitted_as_if_alone(kind: str) -> None:
    module, known = registry.load(surrogates, kind), evidence(30, 3)
    together = module.fit(known.mixes, known.costs)
    for column in range(3):
        alone = module.fit(known.mixes, known.costs[:, [column]])
        assert together.predict(known.mixes)[:, column] == pytest.approx(alone.predict(known.mixes)[:, 0])
        assert together.left_out[:, column] == pytest.approx(alone.left_out[:, 0])


@pytest.mark.parametrize("kind", KINDS)
def test_equal_costs_are_guessed_as_what_they_are(kind: str) -> None:
    known = evidence()
    same = Evidence(known.mixes, np.full((40, 1), 3.0), np.ones(1))
    assert fit_ensemble(same, [kind]).predict(known.mixes) == pytest.approx(np.full(40, 3.0), abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_to_the_same_runs_with_the_settings_kept_guesses_the_same(kind: str) -> None:
    known = evidence(columns=1)
    first = fit_ensemble(known, [kind])
    assert first.again(known).predict(known.mixes) == pytest.approx(first.predict(known.mixes), rel=1e-4)
