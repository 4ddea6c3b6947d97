"""Differences looked at together: oracles by hand, laws, and how often something false is said."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from tasks.experiments.compare.at_home import home_word
from tasks.statistics.bootstrap import RowGroups, hierarchical_intervals
from tasks.statistics.intervals import student_interval
from tasks.statistics.simultaneous import max_t, over_the_best, together
from tasks.text.hashing import Floats

SOURCES, SEEDS, ROWS = 8, 5, 40


def normal(several: int, shared: float = 0.0) -> list[Floats]:
    """Replicates of differences that share a part of their variance."""
    rng = np.random.default_rng(3)
    common, own = rng.normal(size=20_000), rng.normal(size=(several, 20_000))
    return list(np.sqrt(shared) * common + np.sqrt(1 - shared) * own)


@pytest.mark.parametrize(
    ("replicates", "each"),
    [
        (normal(1), 0.95),
        (normal(5), 0.95 ** (1 / 5)),  # independent ones: Šidák
        (normal(5, shared=1.0), 0.95),  # one and the same
        (normal(8, shared=0.5), 0.99186),  # Dunnett's |t| = 2.646 of 8 with correlation ½
    ],
)
def test_each_interval_is_as_wide_as_it_takes_for_all_to_hold(replicates: list[Floats], each: float) -> None:
    assert max_t(replicates).confidence_of_each(0.95) == pytest.approx(each, abs=0.001)


def test_a_p_is_corrected_by_how_often_the_smallest_of_all_is_no_larger() -> None:
    assert max_t(normal(1)).corrected(0.03) == pytest.approx(0.03)
    assert max_t(normal(5)).corrected(0.01) == pytest.approx(1 - 0.99**5, abs=0.003)
    assert max_t(normal(5, shared=1.0)).corrected(0.04) == pytest.approx(0.04, abs=0.003)


@given(
    st.lists(st.lists(st.floats(-1, 1), min_size=20, max_size=20), min_size=1, max_size=6),
    st.floats(0.6, 0.99),
    st.floats(0, 1),
)
def test_a_correction_is_none_at_least_and_bonferronis_at_most(
    drawn: list[list[float]], confidence: float, p: float
) -> None:
    family, several = max_t([np.array(one) for one in drawn]), len(drawn)
    rest = 1 - family.confidence_of_each(confidence)
    assert (1 - confidence) / several - 1e-12 <= rest <= 1 - confidence + 1e-12
    assert p <= family.corrected(p) <= min(1, several * p)


def test_over_the_best_of_several() -> None:
    """With 10⁶ degrees of freedom t is normal: ± 1.96 and, for three at once by Bonferroni, ± 2.394 standard errors."""
    apart = [student_interval(estimate, error, 1e6, 0.95) for estimate, error in ((0.10, 0.02), (0.05, 0.01))]
    wider = [interval.at(1 - 0.05 / 3) for interval in apart]
    over = over_the_best(apart, wider)
    assert (over.estimate, over.low, over.high) == pytest.approx(
        (0.05, 0.05 - 1.95996 * 0.01, 0.05 + 2.39398 * 0.01), abs=1e-5
    )
    assert over.p == max(interval.p for interval in apart)
    beaten = [student_interval(-0.05, 0.01, 1e6, 0.95), apart[0]]
    over = over_the_best(beaten, [interval.at(1 - 0.05 / 3) for interval in beaten])
    assert (over.low, over.high) == pytest.approx((-0.05 - 1.95996 * 0.01, -0.05 + 2.39398 * 0.01), abs=1e-5)
    assert over.p == beaten[0].p


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.02, 0.05, "gains"),
        (0.001, 0.009, "gains little"),
        (0.001, 0.02, "gains"),
        (-0.05, -0.02, "loses"),
        (-0.009, -0.001, "loses little"),
        (-0.02, -0.001, "loses"),
        (-0.02, 0.03, "cannot tell"),
        (0.0, 0.0, "cannot tell"),
    ],
)
def test_words_for_a_source_at_home(low: float, high: float, word: str) -> None:
    assert home_word(low, high, 0.01, claim=True) == word
    assert home_word(low, high, 0.01, claim=False) == "cannot tell"


def alike(rng: np.random.Generator, models: int, seed_error: float) -> Floats:
    """Answers of models that learned from random parts of one pool, right or wrong: rows are easy or hard alike for
    all, seeds have luck; shape (models, seeds, rows)."""
    easy = rng.normal(1, 1, SOURCES * ROWS)
    luck = rng.normal(0, seed_error, (models, SEEDS, 1))
    return (easy + luck + rng.normal(0, 0.7, (models, SEEDS, SOURCES * ROWS)) > 0).astype(float)


GROUPS = tuple(np.arange(ROWS) + source * ROWS for source in range(SOURCES))
EVERY_ROW = RowGroups(GROUPS, np.ones(SOURCES * ROWS))


def one_for_all(answers: Floats, rng: np.random.Generator) -> bool:
    """Is a difference to the best single source seen, where there is none? Two mixes, the sources after them."""
    pairs = [answers[mix] - answers[source] for mix in (0, 1) for source in range(2, SOURCES + 2)]
    intervals, replicates = hierarchical_intervals(pairs, EVERY_ROW, 0.95, 200, rng)
    over = over_the_best(intervals[:SOURCES], together(intervals[:SOURCES], max_t(replicates), 0.95))
    return over.low > 0 or over.high < 0


def each_at_home(answers: Floats, rng: np.random.Generator) -> bool:
    """Is a difference seen for any source at home, where there is none?"""
    pairs: list[Floats] = []
    for source, group in enumerate(GROUPS):
        pairs.append(np.zeros_like(answers[0]))
        pairs[-1][:, group] = SOURCES * (answers[0] - answers[source + 2])[:, group]
    intervals, replicates = hierarchical_intervals(pairs, EVERY_ROW, 0.95, 200, rng)
    return any(interval.low > 0 or interval.high < 0 for interval in together(intervals, max_t(replicates), 0.95))


@pytest.mark.parametrize(
    ("judge", "seed_error"),
    [
        (each_at_home, 0.3),
        pytest.param(each_at_home, 0.0, marks=pytest.mark.slow),
        pytest.param(one_for_all, 0.3, marks=pytest.mark.slow),
        pytest.param(one_for_all, 0.0, marks=pytest.mark.slow),
    ],
)
def test_something_false_is_said_at_most_once_in_twenty(
    judge: Callable[[Floats, np.random.Generator], bool], seed_error: float
) -> None:
    """2,000 draws; it fails where chance (1 %) does not explain a rate above 5 %: Clopper-Pearson."""
    rng, draws = np.random.default_rng(7), 2_000
    false = sum(judge(alike(rng, SOURCES + 2, seed_error), rng) for _ in range(draws))
    assert beta.ppf(0.01, max(false, 1), draws - false + 1) <= 0.05
