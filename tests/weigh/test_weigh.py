"""Weights sum to 1, whoever proposes them, and the checks' verdicts are applied and told."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks import kinds
from tasks.errors import QualityGate
from tasks.records import Verdict
from tasks.weigh import methods
from tasks.weigh.methods import given as given_weights
from tasks.weigh.methods import temperature
from tasks.weigh.weights import settle

SIZES = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 10**9).map(float), min_size=1)


@given(sizes=SIZES)
@pytest.mark.parametrize("kind", [kind for kind in kinds.names(methods) if kind != "given"])
def test_every_method_gives_shares_of_the_same_sources(kind: str, sizes: dict[str, float]) -> None:
    method = kinds.load(methods, kind)
    shares = method.propose(sizes, method.Params())
    assert list(shares) == list(sizes)
    assert math.fsum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) >= 0


@pytest.mark.parametrize(("alpha", "wanted"), [(0.7, (0.03212, 0.16099, 0.80688)), (0.3, (0.14334, 0.28600, 0.57065))])
def test_temperature_as_published(alpha: float, wanted: tuple[float, ...]) -> None:
    shares = temperature.propose({"a": 100, "b": 1000, "c": 10000}, temperature.Params(temperature=1 / alpha))
    assert tuple(shares.values()) == pytest.approx(wanted, abs=5e-6)


def test_given_weights_pass_through_and_are_normalised() -> None:
    params = given_weights.Params(shares={"a": 4, "b": 3, "c": 3})
    weighed = settle(given_weights.propose({"a": 1, "b": 1, "c": 1}, params), (), "given")
    assert weighed.weights == pytest.approx({"a": 0.4, "b": 0.3, "c": 0.3})
    assert weighed.asked_sum == 10


def test_source_left_out_by_its_checks_gives_its_share_to_the_others() -> None:
    verdicts = [Verdict(subject="b", action="quarantine", factor=0, reason="too few rows"), Verdict(subject="a", action="keep")]
    weighed = settle({"a": 0.4, "b": 0.3, "c": 0.3}, verdicts, "given")
    assert weighed.weights == pytest.approx({"a": 4 / 7, "b": 0, "c": 3 / 7})
    assert weighed.reasons["b"] == "given: 0.300; left out by its checks (too few rows)"
    assert weighed.reasons["a"] == "given: 0.400; 0.571 since the checks changed b"


def test_downweighting_scales_by_the_pass_rate() -> None:
    weighed = settle({"a": 0.5, "b": 0.5}, [Verdict(subject="b", action="downweight", factor=0.5, reason="r")], "given")
    assert weighed.weights == pytest.approx({"a": 2 / 3, "b": 1 / 3})


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(QualityGate, match="leave no source"):
        settle({"a": 1.0}, [Verdict(subject="a", action="quarantine", factor=0, reason="bad")], "given")
