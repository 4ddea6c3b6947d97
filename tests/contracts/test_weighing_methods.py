"""Laws of every weighing method, whatever files there are."""

import importlib
import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tasks import kinds
from tasks.weigh import methods
from tasks.weigh.settings import Weights
from tasks.weigh.verdicts import settle

METHODS = [importlib.import_module(f"{methods.__name__}.{kind.replace('-', '_')}") for kind in kinds.names(methods)]
every_method = pytest.mark.parametrize("method", METHODS, ids=lambda module: module.__name__.rpartition(".")[2])
NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True), min_size=1, max_size=8, unique=True)


def settings_of(method: ModuleType, names: list[str]) -> Any:
    """Settings as the method's own documentation shows them; where they name sources, these."""
    told = yaml.safe_load((method.__doc__ or "").partition("Recipe:\n")[2])
    if "shares" in told:
        told["shares"] = {name: number + 0.5 for number, name in enumerate(names)}
    return method.Params.model_validate(told)


@every_method
@given(names=NAMES, data=st.data())
def test_shares_are_of_the_pools_sources_at_least_0_and_sum_to_1(method: ModuleType, names: list[str], data: st.DataObject) -> None:
    sizes = {name: float(data.draw(st.integers(0, 10**12))) for name in names}
    sizes[names[-1]] += 1
    shares = method.propose(sizes, settings_of(method, names))
    assert list(shares) == names
    assert math.fsum(settle(shares, sizes, (), "method").weights.values()) == pytest.approx(1, abs=1e-12)
    assert all(math.isfinite(share) and share >= 0 for share in shares.values())


@every_method
def test_one_source_gets_all(method: ModuleType) -> None:
    assert settle(method.propose({"only": 3.0}, settings_of(method, ["only"])), {"only": 3.0}, (), "method").weights == {"only": 1.0}


@every_method
def test_nothing_to_share_is_no_crash(method: ModuleType) -> None:
    sizes = {"a": 0.0, "b": 0.0}
    assert list(method.propose(sizes, settings_of(method, ["a", "b"]))) == ["a", "b"]


@every_method
def test_the_same_question_has_the_same_answer_and_is_left_as_it_is(method: ModuleType) -> None:
    sizes, before = {"a": 10.0, "b": 1000.0}, np.random.get_state()[1].copy()  # type: ignore[union-attr]
    params = settings_of(method, ["a", "b"])
    assert method.propose(sizes, params) == method.propose(dict(sizes), params)
    assert sizes == {"a": 10.0, "b": 1000.0}
    assert (np.random.get_state()[1] == before).all(), "no global random numbers"


@every_method
def test_settings_survive_the_way_through_a_recipe(method: ModuleType) -> None:
    from pydantic import TypeAdapter

    params = settings_of(method, ["a", "b"])
    assert TypeAdapter(Weights).validate_python(params.model_dump(mode="json")) == params
    with pytest.raises(ValueError, match="xtra"):
        method.Params.model_validate(params.model_dump() | {"sharez": 1})
