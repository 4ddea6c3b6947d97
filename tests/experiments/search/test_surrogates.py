"""The surrogate that is used, how far off it says it is, and when it says that anything was learned; costs that rule no
fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from tasks.core.errors import UnknownKind
from tasks.experiments.search.ensemble import fit_ensemble, left_out_errors, squared_errors, suiting
from tasks.experiments.search.evidence import Evidence, own_sources
from tasks.experiments.search.nested import EVERY_MIX, FOLDS, nested_guesses
from tasks.experiments.search.outcome import LEARNED, NO_EFFECT, TOO_FEW, outcome_of
from tasks.experiments.search.permutation import permutation_test
from tasks.experiments.search.scales import DIVERGED, logarithmic, top


def evidence(count: int = 40, columns: int = 2, seed: int = 0, noise: float = 0.02) -> Evidence:
    rng = np.random.default_rng(seed)
    mixes = rng.dirichlet(np.ones(4), count)
    costs = 2 + np.exp(mixes @ rng.normal(0, 1, (4, columns))) + rng.normal(0, noise, (count, columns))
    return Evidence(mixes, costs, np.full(columns, 1 / columns), tuple(range(columns)))


def luck(count: int, seed: int) -> Evidence:
    """Costs that have nothing to do with the mixes."""
    rng = np.random.default_rng(seed)
    return Evidence(rng.dirichlet(np.ones(4), count), rng.normal(3, 0.1, (count, 1)), np.ones(1))


def test_the_guess_is_the_mean_of_all_kinds_that_suit_the_better_ones_counting_more() -> None:
    known = evidence()
    together = fit_ensemble(known)
    assert {member.kind for member in together.members} == set(suiting(known))
    assert together.trust.sum() == pytest.approx(1)
    errors = [
        squared_errors(member.scale.back(member.fitted.left_out) @ known.parts, known.totals)
        for member in together.members
        if member.fitted.left_out is not None
    ]
    assert together.trust * errors == pytest.approx(np.full(3, (together.trust * errors)[0]))
    each = [fit_ensemble(known, [kind]).predict(known.mixes) for kind in suiting(known)]
    assert together.predict(known.mixes) == pytest.approx(together.trust @ each)
    assert together.name == "mean of gaussian-process, quadratic and root-ridge"


def test_orders_are_judged_as_fits_to_the_costs_in_that_order_are() -> None:
    known = evidence(20)
    orders = np.stack([np.arange(20), np.random.default_rng(0).permutation(20)])
    for order, error in zip(orders, left_out_errors(known, orders), strict=True):
        moved = Evidence(known.mixes, known.costs[order], known.parts)
        fitted = fit_ensemble(moved)
        left_out = [
            member.scale.back(member.fitted.left_out) @ known.parts
            for member in fitted.members
            if member.fitted.left_out is not None
        ]
        assert error == pytest.approx(squared_errors(fitted.trust @ left_out, moved.totals))


@settings(max_examples=10)
@given(seed=st.integers(0, 1000), count=st.integers(6, 40))
def test_a_run_has_no_part_in_its_own_guess(seed: int, count: int) -> None:
    known, run = evidence(count, 1, seed), count // 2
    before = nested_guesses(known)
    moved = known.costs.copy()
    moved[run] += 0.5
    after = nested_guesses(Evidence(known.mixes, moved, known.parts, known.own))
    assert after.surrogate.guessed[run] == pytest.approx(before.surrogate.guessed[run])
    assert after.mean.guessed[run] == pytest.approx(before.mean.guessed[run])
    assert after.own_share.guessed[run] == pytest.approx(before.own_share.guessed[run])


def test_runs_on_the_same_mix_are_left_out_together() -> None:
    known = evidence(12, 1)
    twice = Evidence(np.vstack([known.mixes] * 2), np.vstack([known.costs, known.costs + 1]), known.parts)
    guessed = nested_guesses(twice).surrogate.guessed
    assert guessed[:12] == pytest.approx(guessed[12:])


def test_mixes_are_left_out_one_by_one_while_they_are_few() -> None:
    few, many = nested_guesses(evidence(EVERY_MIX, 1)), nested_guesses(evidence(EVERY_MIX + 1, 1))
    assert (few.folds, few.single, many.folds, many.single) == (EVERY_MIX, True, FOLDS, False)


def test_the_error_reported_is_that_on_mixes_never_seen() -> None:
    reported, true = list[float](), list[float]()
    for seed in range(10):
        known = evidence(230, 1, seed)
        seen, new = known.only(np.arange(30)), known.only(np.arange(30, 230))
        reported.append(nested_guesses(seen).surrogate.error)
        true.append(float(np.abs(fit_ensemble(seen).predict(new.mixes) - new.totals).mean()))
    assert 0.8 < np.mean(reported) / np.mean(true) < 1.25


def test_noise_is_seldom_learned_and_a_law_is() -> None:
    found = [permutation_test(luck(12, seed), seed).passed for seed in range(60)]
    assert sum(found) <= 6  # 2.5 % of 60 are 1.5; more than 6 has a chance of 0.0006
    assert all(permutation_test(evidence(12, 1, seed), seed).passed for seed in range(5))


def test_the_test_stops_as_soon_as_nothing_can_be_learned_any_more() -> None:
    nothing, law = permutation_test(luck(20, 1), 0), permutation_test(evidence(20, 1), 0)
    assert nothing.orders < 100
    assert nothing.p == pytest.approx(5 / nothing.orders)
    assert (law.orders, law.p) == (199, pytest.approx(1 / 200))
    assert permutation_test(evidence(20, 1), 0, looks=2).orders == 399


def test_what_was_learned_is_said_of_enough_runs_only() -> None:
    def said(runs: Evidence) -> str:
        return outcome_of(runs, nested_guesses(runs), 0)[0]

    assert said(evidence(9, 1)) == TOO_FEW
    assert said(evidence(10, 1)) == LEARNED
    assert said(luck(10, 3)) == TOO_FEW
    flat = luck(10, 3)
    assert said(Evidence(flat.mixes, np.full((10, 1), 3.0), flat.parts)) == NO_EFFECT
    again = Evidence(np.repeat(flat.mixes, 3, axis=0), luck(30, 5).costs, flat.parts)
    assert said(again) == NO_EFFECT


@pytest.mark.parametrize(
    ("sources", "every", "columns", "places"),
    [
        (("train_pile_cc", "train_pile_git"), ("m/pile_git_loss", "m/pile_cc_loss"), ("m/pile_cc_loss",), (0,)),
        (("法律", "新闻"), ("新闻", "法律"), ("新闻", "法律"), (1, 0)),
        (("a", "b"), ("loss",), ("loss",), ()),
        (("Git", "books"), ("git", "Books", "arxiv"), ("git", "arxiv"), ()),
        (("news", "news2"), ("news2", "news"), ("news",), (0,)),
    ],
)
def test_a_score_is_known_to_be_of_a_source_by_its_name(
    sources: tuple[str, ...], every: tuple[str, ...], columns: tuple[str, ...], places: tuple[int, ...]
) -> None:
    assert own_sources(sources, columns, every) == places


def test_an_unknown_kind_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownKind, match="root-ridge"):
        fit_ensemble(evidence(), ["rootridge"])


def test_a_bad_run_is_one_twice_as_far_above_the_median_as_the_best_is_below() -> None:
    assert top(np.array([[1.0], [2.0], [3.0], [50.0], [2.5]]), 2.0) == pytest.approx([2.5 + 2 * 1.5])
    assert top(np.array([[1.0], [2.0], [3.0]]), 2.0) == pytest.approx([3])
    assert top(np.array([[1.0], [1.0], [1.0], [9.0]]), 2.0) == pytest.approx([9])


def test_a_run_that_diverged_does_not_rule_the_fit() -> None:
    known = evidence(40, 1)
    costs = known.costs.copy()
    costs[3] = 1e6
    spoilt = Evidence(known.mixes, costs, known.parts)
    assert spearmanr(fit_ensemble(spoilt).predict(known.mixes), known.totals).statistic > 0.9
    assert nested_guesses(spoilt).surrogate.error < 1


def test_the_logarithm_keeps_the_order_and_comes_back() -> None:
    costs = np.random.default_rng(3).gamma(2.0, size=(30, 2))
    scale = logarithmic(costs)
    assert scale.back(scale.forward(costs)) == pytest.approx(np.minimum(costs, top(costs, DIVERGED)))
    far = scale.back(np.array([[1e6, 1e6], [-1e6, -1e6]]))
    assert np.isfinite(far).all()
