"""Laws of every method that moves the weights while training: weights that sum to 1, and a state that a checkpoint can
hold."""

import copy
import math

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core import registry
from tasks.train import online
from tasks.train.settings import OnlineSettings
from tasks.train.state import OnlineState

every_method = pytest.mark.parametrize("kind", registry.names(online))
LOSS = st.floats(0, 20) | st.just(math.nan)
WINDOWS = st.integers(1, 5).flatmap(
    lambda sources: st.tuples(
        st.lists(st.floats(0.01, 1), min_size=sources, max_size=sources),
        st.lists(st.tuples(st.lists(LOSS, min_size=sources, max_size=sources), st.floats(-5, 5)), max_size=6),
    )
)


def params_of(kind: str) -> OnlineSettings:
    module = registry.load(online, kind)
    return module.Params.model_validate(yaml.safe_load((module.__doc__ or "").partition("Recipe:\n")[2]))


def shares_of(raw: list[float]) -> list[float]:
    return [share / math.fsum(raw) for share in raw]


def check(state: OnlineState, sources: int) -> None:
    for weights in (state.weights, state.mean):
        assert len(weights) == sources
        assert all(math.isfinite(weight) and weight >= 0 for weight in weights)
        assert math.fsum(weights) == pytest.approx(1, abs=1e-9)


@every_method
@given(drawn=WINDOWS, seed=st.integers(0, 2**32))
@settings(max_examples=60)
def test_weights_sum_to_1_and_the_state_goes_through_json(
    kind: str, drawn: tuple[list[float], list[tuple[list[float], float]]], seed: int
) -> None:
    module, params = registry.load(online, kind), params_of(kind)
    shares, windows = shares_of(drawn[0]), drawn[1]
    state = module.begin(shares, len(windows), params, seed)
    assert module.begin(shares, len(windows), params, seed) == state, "the same seed begins alike"
    check(state, len(shares))
    for losses, fall in windows:
        before = copy.deepcopy(state)
        held = module.State.model_validate_json(state.model_dump_json())
        after = module.update(state, losses, fall, params)
        assert state == before, "an update leaves the state before it as it was"
        assert module.update(held, losses, fall, params) == after, "as from a checkpoint"
        check(after, len(shares))
        state = after


@every_method
def test_a_method_says_whether_it_wants_rows_set_aside_and_follows_what_it_is_told(kind: str) -> None:
    module, params = registry.load(online, kind), params_of(kind)
    assert isinstance(module.PROBES, bool)
    state = module.begin([0.5, 0.5], 20, params, 0)
    for window in range(20):
        fall = 1.0 if getattr(state, "arm", None) == 1 else 0.0
        state = module.update(state, [0.1, 2.0 + window / 20], fall, params)
    assert state.mean[1] > 0.55, "the hard source, or the one that pays, is sampled more"
