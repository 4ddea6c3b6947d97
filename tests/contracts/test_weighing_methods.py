"""Laws of every weighing method, whatever files there are."""

import importlib
import math
from collections.abc import Sequence
from itertools import cycle
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.core import registry
from tasks.core.errors import RecipeError
from tasks.weigh import methods
from tasks.weigh.evidence import Evidence
from tasks.weigh.settings import Weights
from tasks.weigh.target import TargetSettings
from tasks.weigh.verdicts import settle

METHODS = [importlib.import_module(f"{methods.__name__}.{kind.replace('-', '_')}") for kind in registry.names(methods)]
every_method = pytest.mark.parametrize("method", METHODS, ids=lambda module: module.__name__.rpartition(".")[2])
NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True), min_size=1, max_size=8, unique=True)


def settings_of(method: ModuleType, names: list[str]) -> Any:
    """Settings as the method's own documentation shows them; where they name sources, these."""
    told = yaml.safe_load((method.__doc__ or "").partition("Recipe:\n")[2])
    if "shares" in told:
        told["shares"] = {name: number + 0.5 for number, name in enumerate(names)}
    if beside := getattr(method.Params, "KEYS_BESIDE", None):
        told = {"kind": told["kind"], beside: {name: number + 0.5 for number, name in enumerate(names)}}
    if "target" in told:
        told["target"] = names[0]
    if "groups" in told:
        halves = {"first": names[: len(names) // 2], "second": names[len(names) // 2 :]}
        told |= {
            "groups": {group: {"sources": inside} for group, inside in halves.items() if inside},
            "weights": "uniform",
        }
    return method.Params.model_validate(told)


def proposed(
    method: ModuleType, sizes: dict[str, float], params: Any, values: Sequence[float] = (0.5, 0.25, 1)
) -> dict[str, float]:
    """Shares by the method, from made-up evidence where it wants some."""
    if hasattr(method, "propose"):
        return method.propose(sizes, params)
    terms = {
        term: dict(zip(sizes, cycle(values), strict=False)) for term in ("quality", "relevance", "accuracy", "explains")
    }
    return method.propose_from(sizes, params, Evidence(terms | {"learned": dict.fromkeys(sizes, 1 / len(sizes))}))


def fewest_sources(method: ModuleType) -> int:
    """A target is compared with other sources."""
    return 2 if issubclass(method.Params, TargetSettings) else 1


@every_method
@given(names=NAMES, data=st.data())
def test_shares_are_of_the_pools_sources_at_least_0_and_sum_to_1(
    method: ModuleType, names: list[str], data: st.DataObject
) -> None:
    assume(len(names) >= fewest_sources(method))
    sizes = {name: float(data.draw(st.integers(0, 10**12))) for name in names}
    sizes[names[-1]] += 1
    values = data.draw(st.lists(st.floats(0, 1), min_size=1, max_size=8))
    shares = proposed(method, sizes, settings_of(method, names), values)
    assert list(shares) == names
    assert math.fsum(settle(shares, sizes, (), "method").weights.values()) == pytest.approx(1, abs=1e-12)
    assert all(math.isfinite(share) and share >= 0 for share in shares.values())


@every_method
def test_one_source_gets_all_and_one_that_is_the_target_is_refused(method: ModuleType) -> None:
    if fewest_sources(method) > 1:
        with pytest.raises(RecipeError, match="the only source"):
            proposed(method, {"only": 3.0}, settings_of(method, ["only"]))
    else:
        assert settle(
            proposed(method, {"only": 3.0}, settings_of(method, ["only"])), {"only": 3.0}, (), "method"
        ).weights == {"only": 1.0}


@every_method
def test_nothing_to_share_is_no_crash(method: ModuleType) -> None:
    sizes = {"a": 0.0, "b": 0.0}
    assert list(proposed(method, sizes, settings_of(method, ["a", "b"]))) == ["a", "b"]


@every_method
def test_the_same_question_has_the_same_answer_and_is_left_as_it_is(method: ModuleType) -> None:
    sizes, before = {"a": 10.0, "b": 1000.0}, np.random.get_state()[1].copy()  # type: ignore[union-attr]
    params = settings_of(method, ["a", "b"])
    assert proposed(method, sizes, params) == proposed(method, dict(sizes), params)
    assert sizes == {"a": 10.0, "b": 1000.0}
    assert (np.random.get_state()[1] == before).all(), "no global random numbers"


@every_method
def test_settings_survive_the_way_through_a_recipe(method: ModuleType) -> None:
    from pydantic import TypeAdapter

    params = settings_of(method, ["a", "b"])
    assert TypeAdapter(Weights).validate_python(params.model_dump(mode="json")) == params
    with pytest.raises(ValueError, match="xtra"):
        method.Params.model_validate(params.model_dump() | {"sharez": 1})
