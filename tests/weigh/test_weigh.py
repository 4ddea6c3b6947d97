"""Weights as published, normalised, and changed by the checks' verdicts, which is told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.core import ui
from tasks.core.errors import NotEnoughData, QualityGate, RecipeError
from tasks.core.records import Section
from tasks.manifests.check import Verdict
from tasks.manifests.manifest import Account, Manifest
from tasks.manifests.pool import PoolFacts
from tasks.manifests.weights import WeightsFacts
from tasks.weigh.methods import given as given_weights
from tasks.weigh.methods import proportional, temperature, uniform, unimax
from tasks.weigh.settings import WeighSettings
from tasks.weigh.task import weigh_sources
from tasks.weigh.verdicts import Weighed, settle

SIZES = {"a": 100.0, "b": 1000.0, "c": 10000.0}
OUT = Verdict(subject="b", action="quarantine", factor=0, reason="too few rows")


def settled(asked: dict[str, float], *verdicts: Verdict) -> Weighed:
    return settle(asked, dict.fromkeys(asked, 1.0), verdicts, "given")


# --- methods


@pytest.mark.parametrize(
    ("heat", "limit", "wanted"),
    [
        (1 / 0.7, None, (0.03212, 0.16099, 0.80688)),
        (1 / 0.3, None, (0.14334, 0.28600, 0.57065)),
        (1, 2000, (0.03226, 0.32258, 0.64516)),
        (2, 2000, (0.11582, 0.36624, 0.51794)),
    ],
)
def test_temperature_as_published(heat: float, limit: int | None, wanted: tuple[float, ...]) -> None:
    shares = temperature.propose(SIZES, temperature.Params(temperature=heat, limit=limit))
    assert tuple(shares.values()) == pytest.approx(wanted, abs=5e-6)


def test_temperature_lies_between_proportional_and_uniform() -> None:
    assert temperature.propose(SIZES, temperature.Params(temperature=1)) == pytest.approx(
        proportional.propose(SIZES, proportional.Params())
    )
    assert temperature.propose(SIZES, temperature.Params(temperature=1e9)) == pytest.approx(
        uniform.propose(SIZES, uniform.Params()), abs=1e-6
    )


def test_a_source_without_a_row_gets_nothing_where_the_method_decides() -> None:
    held = {"a": 0.0, "b": 5.0, "c": 5.0}
    for method in (uniform, unimax, proportional, temperature):
        assert method.propose(held, method.Params()) == {"a": 0.0, "b": 0.5, "c": 0.5}


@pytest.mark.parametrize(
    "shares",
    [{"a": -0.1, "b": 1.1}, {"a": float("nan"), "b": 1.0}, {"a": float("inf"), "b": 1.0}, {"a": 0.0, "b": 0.0}, {}],
)
def test_weights_that_are_none_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        given_weights.Params(shares=shares)


# --- from what was asked to what is used


def test_the_subjects_own_weights_pass_through_unchanged() -> None:
    weighed = settled({"news": 0.4, "social": 0.3, "papers": 0.3})
    assert weighed.weights == weighed.requested == {"news": 0.4, "social": 0.3, "papers": 0.3}
    assert weighed.notes == ()
    assert weighed.reasons["news"] == "given: 0.40 asked"


def test_weights_that_do_not_sum_to_1_are_normalised_and_the_log_says_so() -> None:
    weighed = settled({"a": 4, "b": 3, "c": 3})
    assert weighed.weights == pytest.approx({"a": 0.4, "b": 0.3, "c": 0.3})
    assert weighed.notes == ("the weights sum to 10; they were normalised to sum to 1",)


@given(
    weights=st.lists(st.floats(0, 1e308), min_size=1, max_size=6),
    factors=st.lists(st.floats(0.001, 1), min_size=6, max_size=6),
)
def test_any_weights_and_verdicts_settle_to_shares_that_sum_to_1(weights: list[float], factors: list[float]) -> None:
    asked = dict(zip("abcdef", [*weights[:-1], weights[-1] + 1], strict=False))
    verdicts = [
        Verdict(subject=name, action="downweight", factor=factor)
        for name, factor in zip("abcdef", factors, strict=True)
    ]
    weighed = settle(asked, dict.fromkeys(asked, 1.0), verdicts, "given")
    for shares in (weighed.requested, weighed.weights):
        assert sum(shares.values()) == pytest.approx(1)
        assert all(
            (share > 0) == (asked[name] / max(asked.values()) > 0) for name, share in shares.items() if share > 1e-300
        )


def test_a_source_left_out_by_its_checks_gives_its_share_to_the_others() -> None:
    weighed = settled({"a": 0.4, "b": 0.3, "c": 0.3}, OUT, Verdict(subject="a", action="keep"))
    assert weighed.weights == pytest.approx({"a": 4 / 7, "b": 0, "c": 3 / 7})
    assert weighed.requested == {"a": 0.4, "b": 0.3, "c": 0.3}
    assert weighed.reasons == {
        "a": "given: 0.40 asked; b left out by its checks, so 0.57",
        "b": "given: 0.30 asked; left out by its checks (too few rows)",
        "c": "given: 0.30 asked; b left out by its checks, so 0.43",
    }


def test_downweighting_multiplies_by_the_pass_rate() -> None:
    weighed = settled(
        {"a": 0.5, "b": 0.5},
        Verdict(subject="b", action="downweight", factor=0.5, reason="half of its labels are wrong"),
    )
    assert weighed.weights == pytest.approx({"a": 2 / 3, "b": 1 / 3})
    assert (
        weighed.reasons["b"] == "given: 0.50 asked; times 0.50 for its checks (half of its labels are wrong), so 0.33"
    )
    assert weighed.reasons["a"] == "given: 0.50 asked; b given less by its checks, so 0.67"


def test_several_verdicts_are_told_together() -> None:
    weighed = settled({"a": 0.4, "b": 0.3, "c": 0.3}, OUT, Verdict(subject="c", action="downweight", factor=0.5))
    assert weighed.reasons["a"] == "given: 0.40 asked; b left out and c given less by their checks, so 0.73"


def test_a_verdict_on_no_source_changes_nothing() -> None:
    mix = Verdict(subject="mix", action="quarantine", factor=0)
    assert settled({"a": 1.0}, mix).weights == {"a": 1.0}


def test_a_long_reason_is_cut() -> None:
    weighed = settled({"a": 0.5, "b": 0.5}, Verdict(subject="b", action="quarantine", factor=0, reason="word " * 200))
    assert len(weighed.reasons["b"]) < 200
    assert weighed.reasons["b"].endswith("…)")


def test_nothing_left_after_the_checks_is_an_error() -> None:
    with pytest.raises(
        QualityGate, match=r"leave no source with a weight \(b: too few rows\); mend a source, or change its policy"
    ):
        settled({"b": 1.0}, OUT)


def test_a_source_that_the_pool_lacks_is_an_error() -> None:
    with pytest.raises(RecipeError, match="a weight for 'twets', but the sources are a"):
        settle({"a": 0.5, "twets": 0.5}, {"a": 1.0}, (), "given")
    with pytest.raises(RecipeError, match="no weight for 'b'; write 0"):
        settle({"a": 0.5}, {"a": 1.0, "b": 1.0}, (), "given")
    with pytest.raises(RecipeError, match="finite and at least 0"):
        settle({"a": float("nan")}, {"a": 1.0}, (), "given")


def test_no_source_with_a_row_is_an_error_that_says_what_they_hold() -> None:
    with pytest.raises(
        NotEnoughData, match=r"no source is left with a weight: uniform gives all of them 0\. They hold: a 0, b 0"
    ):
        settle({"a": 0.0, "b": 0.0}, {"a": 0.0, "b": 0.0}, (), "uniform")


# --- the task


def manifest(**sizes: tuple[int, int]) -> Manifest:
    accounts = tuple(
        Account(source=name, read=rows, rows=rows, tokens=tokens) for name, (rows, tokens) in sizes.items()
    )
    return Manifest[PoolFacts](
        stage="deduplicate",
        subject="pool",
        key="p",
        path="snapshots/deduplicate/p",
        files=(),
        accounts=accounts,
        facts=PoolFacts(),
    )


def weigh(store: Path, weights: Section, unit: str = "rows", *verdicts: Verdict) -> WeightsFacts:
    settings = WeighSettings.model_validate({"weights": weights, "unit": unit})
    return weigh_sources.of("mix").run(str(store), manifest(a=(100, 200), b=(100, 600)), verdicts, settings, []).facts


def test_sizes_are_counted_in_the_recipes_unit(tmp_path: Path) -> None:
    assert weigh(tmp_path, proportional.Params()).weights == {"a": 0.5, "b": 0.5}
    assert weigh(tmp_path, proportional.Params(), "tokens").weights == {"a": 0.25, "b": 0.75}


def test_facts_say_what_was_asked_what_is_used_and_why(tmp_path: Path) -> None:
    facts = weigh(tmp_path, given_weights.Params(shares={"a": 0.5, "b": 0.5}), "rows", OUT)
    assert facts.requested == {"a": 0.5, "b": 0.5}
    assert facts.weights == {"a": 1.0, "b": 0.0}
    assert facts.reasons["a"] == "given: 0.50 asked; b left out by its checks, so 1.00"
    assert facts.method == {"kind": "given", "shares": {"a": 0.5, "b": 0.5}}


def test_normalising_is_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(ui, "log", lambda message, *, warn: logged.append(message) if warn else None)
    weigh(tmp_path, given_weights.Params(shares={"a": 4, "b": 4}))
    assert logged == ["the weights sum to 8; they were normalised to sum to 1"]
