"""What a source is for: words by hand, and what simulated trials come to."""

import numpy as np
import polars as pl
import pytest

from tasks.experiments.compare.contrasts import TrialResults
from tasks.experiments.compare.inputs import ComparisonInputs, leave_one_out_mixes
from tasks.experiments.compare.predictions import HeldOutRows, Predictions
from tasks.experiments.compare.valuations import source_values
from tasks.experiments.compare.worth import SourceEvidence, agreements, wanting, word_for
from tasks.experiments.mixes import Mix, restricted
from tasks.experiments.valuation import Estimate, SourceValue, SpareSources

MARGIN, ROWS, SEEDS = 0.01, 200, 5


def within(low: float, high: float) -> Estimate:
    return Estimate(estimate=(low + high) / 2, low=low, high=high)


@pytest.mark.parametrize(
    ("evidence", "word"),
    [
        (SourceEvidence(), "cannot tell"),
        (SourceEvidence(within(0.02, 0.05)), "pays"),
        (SourceEvidence(within(-0.05, -0.02)), "drop"),
        (SourceEvidence(within(-0.004, 0.006)), "redundant"),
        (SourceEvidence(within(0.001, 0.006)), "redundant"),  # it pays, but for nobody who set this margin
        (SourceEvidence(within(-0.03, 0.006)), "redundant"),  # keeping it may do harm; leaving it out costs nothing
        (SourceEvidence(within(-0.012, 0.106), shapley=within(0.01, 0.05)), "cannot tell"),  # worth up to 10.6 points
        (SourceEvidence(within(-0.03, 0.02), shapley=within(-0.037, -0.005)), "drop"),
        (SourceEvidence(within(-0.02, 0.03), shapley=within(-0.037, -0.005)), "cannot tell"),  # it seems to cost
        (SourceEvidence(within(-0.004, 0.006), within(0.1, 0.2)), "pays at home"),
        (SourceEvidence(within(-0.05, -0.02), within(0.1, 0.2)), "pays at home"),
        (SourceEvidence(within(-0.05, -0.02), within(0.1, 0.2), agreement=within(-0.2, -0.1)), "drop"),
        (SourceEvidence(within(-0.05, -0.02), within(0.1, 0.2), agreement=within(-0.2, 0.1)), "pays at home"),
        (SourceEvidence(within(-0.004, 0.006), within(-0.01, 0.03)), "cannot tell"),  # at home it may be needed
        (SourceEvidence(shapley=within(0.02, 0.03)), "pays"),
        (SourceEvidence(shapley=within(-0.03, -0.02)), "drop"),
        (SourceEvidence(shapley=within(-0.004, 0.006)), "cannot tell"),
    ],
)
def test_a_word_comes_from_intervals(evidence: SourceEvidence, word: str) -> None:
    assert word_for(evidence, MARGIN) == word


def test_what_redundant_would_take_grows_with_the_square_of_the_width() -> None:
    assert wanting(SourceEvidence(within(-0.03, 0.03)), MARGIN) == pytest.approx(9)
    assert wanting(SourceEvidence(within(-0.03, 0.03), within(-0.05, 0.07)), MARGIN) == pytest.approx(36)
    assert wanting(SourceEvidence(), MARGIN) is None


def results(right: dict[frozenset[str], dict[str, float]], names: str = "abc", **inputs: object) -> TrialResults:
    """Trials of two classes. A model of some sources is right on a source's rows at a rate: the same rows for all seeds
    and mixes first, so that equal rates are equal answers.

    Args:
        right: sources learned from -> source -> rate; sources that are not told have .8.
    """
    mix: Mix = tuple((name, 1 / len(names)) for name in names)
    sources = pl.Series([name for name in names for _ in range(ROWS)])
    truth = np.tile([0, 1], len(sources) // 2)
    order = np.random.default_rng(1).permuted(np.tile(np.arange(ROWS), (len(names), 1)), axis=1)

    def predictions(some: frozenset[str]) -> Predictions:
        rates = np.array([right.get(some, {}).get(name, 0.8) for name in names])
        hits = np.tile((order < rates[:, None] * ROWS).ravel(), (SEEDS, 1))
        return Predictions(hits.astype(float), (~hits).astype(float), np.where(hits, truth, 1 - truth))

    tried = {mix: predictions(frozenset(names))}
    tried |= {restricted(mix, sorted(some)): predictions(some) for some in right}
    tried |= {without: predictions(frozenset(names) - {name}) for name, without in leave_one_out_mixes(mix).items()}
    settings = {"trials": (), "target": None, "values": ("leave-one-out",), "game": None, "confidence": 0.95}
    asked = ComparisonInputs.model_validate(settings | {"recipe": mix, "margin": MARGIN, "resamples": 200} | inputs)
    held_out = HeldOutRows(pl.Series(range(len(sources))), sources, np.ones(len(sources)), truth, ("no", "yes"))
    return TrialResults(held_out, tried, held_out.judged(asked.target), asked)


def judged(found: TrialResults) -> tuple[dict[str, SourceValue], SpareSources | None]:
    values, _, spare = source_values(found, np.random.default_rng(0))
    return {value.source: value for value in values}, spare


def test_two_copies_are_each_redundant_and_not_together() -> None:
    both = dict.fromkeys("abc", 0.5)
    copies = {frozenset("c"): both, frozenset("ab"): {"c": 0.5}}
    values, spare = judged(results(copies))
    assert {name: value.word for name, value in values.items()} == {
        "a": "redundant",
        "b": "redundant",
        "c": "pays at home",
    }
    assert spare == SpareSources(of=("a", "b"), tried=1)


def test_the_largest_set_that_may_go_together_is_named() -> None:
    none = dict.fromkeys("abcd", 0.8)
    tried = {frozenset("bd"): none, frozenset("ad"): none, frozenset("cd"): dict.fromkeys("abcd", 0.6)}
    _, spare = judged(results(tried, "abcd"))
    assert spare is not None
    assert spare.of == ("a", "b", "c", "d")
    assert (spare.tried, len(spare.sources)) == (3, 2)
    assert spare.sources in (("a", "c"), ("b", "c"))
    assert spare.cost is not None
    assert (spare.cost.estimate, spare.cost.low, spare.cost.high) == (0, 0, 0)


def test_a_source_does_not_vouch_for_itself() -> None:
    """Without c the others are served better, and its own hold-out worse."""
    without_c = {"a": 0.9, "b": 0.9, "c": 0.3}
    values, _ = judged(results({frozenset("ab"): without_c}))
    found = values["c"]
    assert found.elsewhere is not None
    assert found.home is not None
    assert found.leave_one_out is not None
    assert found.agreement is not None
    assert found.elsewhere.estimate == pytest.approx(-0.1)
    assert found.home.estimate == pytest.approx(0.5)
    assert found.leave_one_out.estimate == pytest.approx((-0.1 - 0.1 + 0.5) / 3)
    assert found.agreement.high < 0  # the models of a and b say the reverse of its labels
    assert found.word == "drop"
    values, _ = judged(results({frozenset("ab"): without_c | {"c": 0.5}}))
    assert values["c"].word == "pays at home"  # of its texts they know nothing


def test_a_target_decides_where_one_is_named() -> None:
    values, _ = judged(results({frozenset("ab"): {"a": 0.9, "b": 0.6, "c": 0.3}}, target="b"))
    assert (values["c"].elsewhere, values["c"].home) == (None, None)
    assert values["c"].word == "pays"


def test_agreement_is_that_beyond_chance() -> None:
    """Observed minus expected agreement: .3 of the rows right of two even classes is .2 below chance."""
    found = agreements(results({frozenset("ab"): {"c": 0.3}}), np.random.default_rng(0))
    assert found["c"].estimate == pytest.approx(-0.2, abs=1e-9)
    assert found["a"].estimate == pytest.approx(0.3, abs=1e-9)
