"""The recipe's own formula, groups of sources, and phases."""

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.core.errors import RecipeError
from tasks.manifests.check import Verdict
from tasks.manifests.manifest import Manifest
from tasks.manifests.weights import EvidenceFacts, WeightsFacts
from tasks.weigh.evidence import Evidence
from tasks.weigh.methods import groups, proportional, score, temperature
from tasks.weigh.settings import WeighSettings
from tasks.weigh.shares import weigh

SIZES = {"a": 100.0, "b": 1000.0, "c": 10000.0}
KNOWN = Evidence(
    {
        "passed": {"a": 1.0, "b": 0.9, "c": 0.8},
        "quality": {"a": 0.9, "b": 0.6, "c": 0.3},
        "relevance": {"a": 0.5, "b": 1.5, "c": 0.5},
        "accuracy": {"a": 0.8, "b": 0.8, "c": 0.8},
    }
)


def scored(known: Evidence = KNOWN, **params: Any) -> dict[str, float]:
    return score.propose_from(SIZES, score.Params(**params), known)


# --- the formula


def test_size_alone_is_proportional_and_its_power_is_temperature() -> None:
    assert scored(terms={"size": 1}) == pytest.approx(proportional.propose(SIZES, proportional.Params()))
    assert scored(terms={"size": 0.3}, form="log-linear") == pytest.approx(
        temperature.propose(SIZES, temperature.Params(temperature=1 / 0.3))
    )


def test_linear_is_the_weighted_mean_of_the_terms_shares() -> None:
    found = scored(terms={"quality": 3, "relevance": 1}, target="b")
    assert found == pytest.approx(
        {"a": 0.75 * 0.5 + 0.25 * 0.2, "b": 0.75 / 3 + 0.25 * 0.6, "c": 0.75 / 6 + 0.25 * 0.2}
    )


def test_a_term_that_is_the_same_for_all_says_nothing_in_min_max() -> None:
    with_it = scored(terms={"quality": 1, "accuracy": 5}, scale="min-max")
    assert with_it == scored(terms={"quality": 1}, scale="min-max") == pytest.approx({"a": 2 / 3, "b": 1 / 3, "c": 0.0})
    assert scored(terms={"accuracy": 1}, scale="min-max") == pytest.approx(dict.fromkeys("abc", 1 / 3))


def test_log_linear_does_not_depend_on_the_terms_scales() -> None:
    asked: dict[str, Any] = {
        "terms": {"quality": 2, "relevance": 0.5, "size": 0.3},
        "form": "log-linear",
        "target": "a",
    }
    scaled = Evidence(
        {term: {name: 7.5 * value for name, value in values.items()} for term, values in KNOWN.terms.items()}
    )
    assert scored(scaled, **asked) == pytest.approx(scored(**asked))
    two = scored(terms={"quality": 2}, form="log-linear")
    assert two["a"] / two["b"] == pytest.approx((0.9 / 0.6) ** 2)


def test_a_formula_without_sense_is_refused() -> None:
    for params in (
        {"terms": {"relevance": 1}},
        {"terms": {"size": 0}},
        {"terms": {}},
        {"terms": {"sise": 1}},
        {"terms": {"size": -1}},
    ):
        with pytest.raises(ValidationError):
            score.Params(**params)


# --- groups


def grouped(**params: Any) -> dict[str, float]:
    return groups.propose(SIZES, groups.Params.model_validate(params))


def test_a_sources_share_is_its_groups_times_its_own() -> None:
    two = {"small": {"sources": ["a", "b"], "weights": {"a": 1, "b": 3}}, "large": {"sources": ["c"]}}
    assert grouped(groups=two, weights={"small": 0.6, "large": 0.4}) == pytest.approx({"a": 0.15, "b": 0.45, "c": 0.4})
    assert grouped(groups=two, weights="uniform") == pytest.approx({"a": 0.125, "b": 0.375, "c": 0.5})
    plain = {"small": {"sources": ["a", "b"]}, "large": {"sources": ["c"]}}
    assert grouped(groups=plain) == pytest.approx(proportional.propose(SIZES, proportional.Params()))


def test_groups_that_do_not_hold_every_source_once_are_refused() -> None:
    with pytest.raises(ValidationError, match="a stands in several groups"):
        grouped(groups={"x": {"sources": ["a", "b"]}, "y": {"sources": ["a", "c"]}})
    with pytest.raises(RecipeError, match="c stands in no group"):
        grouped(groups={"x": {"sources": ["a", "b"]}})
    with pytest.raises(ValidationError, match="shares for a, wanted for a, b; write 0"):
        grouped(groups={"x": {"sources": ["a", "b"], "weights": {"a": 1}}, "y": {"sources": ["c"]}})
    with pytest.raises(ValidationError, match="only methods that need sizes"):
        grouped(
            groups={
                "x": {"sources": ["a", "b"], "weights": {"kind": "score", "terms": {"size": 1}}},
                "y": {"sources": ["c"]},
            }
        )


# --- the whole settlement


def settled(appraised: Any = (), verdicts: Any = (), **settings: Any) -> WeightsFacts:
    return weigh(SIZES, verdicts, WeighSettings.model_validate(settings), appraised)[0]


def appraised(weights: Any, terms: Any) -> Manifest[EvidenceFacts]:
    return Manifest[EvidenceFacts](
        stage="appraise",
        subject="mix",
        key="e",
        path="e",
        files=(),
        facts=EvidenceFacts(section=weights.model_dump(mode="json"), terms=terms),
    )


def test_every_term_of_a_score_is_shown_and_stands_in_the_reasons() -> None:
    asked = score.Params(terms={"size": 1, "quality": 1})
    facts = settled([appraised(asked, KNOWN.terms)], weights=asked)
    assert [list(row) for row in facts.why] == [["source", "passed", "quality", "size", "weight"]] * 3
    assert facts.why[0] == {
        "source": "a",
        "passed": 1.0,
        "quality": 0.9,
        "size": 100.0,
        "weight": pytest.approx(0.2545, abs=1e-4),
    }
    assert facts.reasons["a"] == "score: 0.25 asked (passed 1, quality 0.9, size 100)"
    with pytest.raises(RecipeError, match="nothing was appraised"):
        settled(weights=asked)


def test_phases_have_weights_of_their_own_and_the_whole_is_their_mean() -> None:
    phases = [{"share": 0.75, "weights": "uniform"}, {"share": 0.25, "weights": {"a": 1, "b": 0, "c": 1}}]
    facts = settled(phases=phases, verdicts=[Verdict(subject="c", action="quarantine", factor=0)], floors={"b": 0.1})
    assert [phase.share for phase in facts.phases] == [0.75, 0.25]
    assert facts.phases[0].weights == {"a": 0.5, "b": 0.5, "c": 0.0}
    assert facts.phases[1].weights == pytest.approx({"a": 0.9, "b": 0.1, "c": 0.0})
    assert facts.weights == pytest.approx({"a": 0.6, "b": 0.4, "c": 0.0})
    assert facts.reasons["b"].startswith(
        "phase 1 (75%): uniform: 0.33 asked; c left out by its checks, so 0.50; phase 2 (25%): given: 0.00 asked"
    )


def test_settings_that_cannot_be_met_are_refused() -> None:
    half = {"share": 0.5, "weights": "uniform"}
    for settings, told in (
        ({"phases": [half]}, "their shares sum to 0.5; they must sum to 1"),
        ({"phases": [half, half], "weights": "uniform"}, "say one of them"),
        ({"floors": {"a": 0.6, "b": 0.6}}, "they sum to 1.2"),
        ({"floors": {"a": 0.6}, "ceilings": {"a": 0.5}}, "above its ceiling of 0.5"),
    ):
        with pytest.raises(ValidationError, match=told):
            WeighSettings.model_validate(settings)
