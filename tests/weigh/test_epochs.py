"""Weights said as epochs: sources beside `kind`, a mix as large as that takes, and every reading of a weight."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flows.cli.inspect import Planned, plan_recipe
from tasks.core.errors import NotEnoughData, RecipeError
from tasks.manifests.plan import ReceiptRow
from tasks.mix.counts import size_of_epochs
from tasks.mix.plan import Plan
from tasks.mix.readings import readings
from tasks.recipe.model import load_recipe
from tasks.weigh.methods import epochs

OFTEN = {"kind": "epochs", "news": 2, "social": 0.5, "papers": 0}


def planned(recipe: Path, overrides: dict[str, Any], *without: str) -> Planned:
    return plan_recipe(str(recipe), str(recipe.parent / "store"), overrides, without)


@given(st.dictionaries(st.sampled_from("abcde"), st.tuples(st.integers(0, 10**6), st.floats(0, 50)), min_size=1))
def test_shares_and_size_hold_each_source_as_often_as_it_is_to_be(told: dict[str, tuple[int, float]]) -> None:
    held = {name: float(size) for name, (size, _) in told.items()}
    often = {name: wanted for name, (_, wanted) in told.items()}
    if not any(often[name] * held[name] for name in told):
        return
    shares = epochs.propose(held, epochs.Params(epochs=often))
    size = size_of_epochs(held, shares, often)
    assert size == pytest.approx(math.fsum(often[name] * held[name] for name in told), abs=1, rel=1e-9)
    for name, share in shares.items():
        assert share * size == pytest.approx(often[name] * held[name], abs=1, rel=1e-6)


def test_no_source_is_gone_through_more_often_where_checks_halve_another() -> None:
    held, often = {"a": 100.0, "b": 100.0}, {"a": 2.0, "b": 2.0}
    size = size_of_epochs(held, {"a": 2 / 3, "b": 1 / 3}, often)  # half of b's share goes to a
    assert size * 2 / 3 == pytest.approx(200)


def test_a_recipe_says_epochs_and_the_mix_holds_them(tiny_recipe: Path) -> None:
    plan = planned(tiny_recipe, {"mix": {"weights": OFTEN}})
    rows = {row.source: row for row in plan["receipt"]}
    assert [rows[name].epochs for name in ("news", "social", "papers")] == pytest.approx([2, 0.5, 0], abs=0.01)
    assert plan["rows"] == 2 * rows["news"].available + rows["social"].available // 2
    reading = {one.source: one for one in plan["readings"]}
    assert reading["news"].epochs == pytest.approx(2)
    assert reading["news"].rows == pytest.approx(reading["news"].asked, abs=0.01)
    for way in ("rows", "tokens", "compute"):
        assert sum(getattr(one, way) for one in reading.values()) == pytest.approx(1)
    three = planned(tiny_recipe, {"mix": {"weights": OFTEN}, "mix.weights.news": 3})
    assert {row.source: row for row in three["receipt"]}["news"].epochs == pytest.approx(3)
    alone = planned(tiny_recipe, {"mix": {"weights": OFTEN}}, "papers")
    assert alone["rows"] == plan["rows"]


def test_what_is_wrong_with_epochs_is_told_where_it_stands(tiny_recipe: Path) -> None:
    def refused(mix: dict[str, Any]) -> str:
        tree = yaml.safe_load(tiny_recipe.read_text("utf-8")) | {"mix": mix}
        file = tiny_recipe.parent / "wrong.yaml"
        file.write_text(yaml.safe_dump(tree))
        with pytest.raises(RecipeError) as error:
            load_recipe(str(file))
        return str(error.value)

    assert "mix.weights.socal" in refused({"weights": OFTEN | {"socal": 1}})
    assert "did you mean 'social'" in refused({"weights": OFTEN | {"socal": 1}})
    assert "source 'papers' has no number of epochs" in refused({"weights": {"kind": "epochs", "news": 1, "social": 1}})
    assert "mix.weights.news" in refused({"weights": OFTEN | {"news": "often"}})
    assert "epochs say how large the mix is" in refused({"weights": OFTEN, "size": 100})
    with pytest.raises(NotEnoughData, match=r"max_epochs >= 9"):
        planned(tiny_recipe, {"mix": {"weights": OFTEN | {"news": 9}}})


def test_compute_is_what_a_model_reads() -> None:
    plan = Plan(np.array([0, 0, 1], np.uint16), np.array([0, 1, 0], np.uint32))
    tokens = {"short": np.array([10, 20], np.uint32), "long": np.array([300], np.uint32)}
    rows = [
        ReceiptRow(
            source=name,
            requested=0.5,
            weight=0.5,
            available=len(held),
            rows=len(held),
            share_rows=len(held) / 3,
            tokens=int(held.sum()),
            share_tokens=int(held.sum()) / 330,
            epochs=3.0,
        )
        for name, held in tokens.items()
    ]
    whole, cut = readings(plan, tokens, rows, None), readings(plan, tokens, rows, 70)
    assert [one.compute for one in whole] == pytest.approx([one.tokens for one in whole])
    assert [one.positions for one in cut] == [30, 70]
    assert [one.compute for one in cut] == pytest.approx([0.3, 0.7])
    assert [(one.epochs, one.seen) for one in cut] == [(1.0, 3.0)] * 2
