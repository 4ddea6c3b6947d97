"""A source's weight in the loss, apart from its share of the rows."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import RecipeError
from tasks.manifests.plan import ReceiptRow, with_loss_weights
from tasks.recipe.model import load_recipe

SOURCES = {"a": {"path": "a.csv"}, "b": {"path": "b.csv"}}


def receipt(rows: dict[str, int]) -> list[ReceiptRow]:
    blank = ReceiptRow.left_out("", 0.5, "given")
    return [blank.model_copy(update={"source": name, "rows": count}) for name, count in rows.items()]


@given(st.lists(st.tuples(st.integers(0, 1000), st.floats(0, 100)), min_size=1, max_size=6))
def test_the_mean_weight_of_a_row_is_one_and_sources_keep_their_proportions(told: list[tuple[int, float]]) -> None:
    rows = {str(number): count for number, (count, _) in enumerate(told)}
    weights = {str(number): weight for number, (_, weight) in enumerate(told)}
    given_ = {name for name, count in rows.items() if count}
    if not any(weights[name] for name in given_):
        if given_:
            with pytest.raises(RecipeError, match="nothing would be learned"):
                with_loss_weights(receipt(rows), weights)
        return
    found = {row.source: row.loss_weight for row in with_loss_weights(receipt(rows), weights)}
    if len({weights[name] for name in given_}) == 1:
        assert set(found.values()) == {None}, "equal weights are none"
        return
    held = {name: weight for name, weight in found.items() if weight is not None}
    assert held.keys() == given_
    assert math.fsum(rows[name] * weight for name, weight in held.items()) == pytest.approx(sum(rows.values()))
    most = max(given_, key=lambda name: weights[name])
    assert all(
        weight * weights[most] == pytest.approx(held[most] * weights[name], abs=1e-9) for name, weight in held.items()
    )


def test_the_receipt_says_what_each_of_both_does() -> None:
    rows = with_loss_weights(receipt({"a": 300, "b": 100, "c": 0}), {"a": 1, "b": 5})
    assert [row.loss_weight for row in rows] == [0.5, 2.5, None]
    assert rows[1].reason == "given; a row counts 2.5 in the loss, all of them 62.5 % of it"
    assert rows[2].model_dump() == receipt({"c": 0})[0].model_dump(), "receipts without stay as they were"
    none = with_loss_weights(receipt({"a": 10, "b": 10}), {"b": 0})
    assert [row.model_dump()["loss_weight"] for row in none] == [2.0, 0.0]
    made = receipt({"a": 50, "b": 50})
    made[0] = made[0].model_copy(update={"augmented": {"eda": 100}})
    assert [row.loss_weight for row in with_loss_weights(made, {"a": 1, "b": 5})] == [0.5, 2.5]


@pytest.mark.parametrize(
    ("mix", "train", "told"),
    [
        ({"b": 2}, None, "there is no `train` section"),
        ({"b": 2}, {"online": "odm"}, "train.online changes how much a source counts"),
        ({"b": 2}, {"mixup": 0.2}, "train.mixup makes examples of two sources"),
        ({"a": 0, "b": 0}, {}, "every source has weight 0"),
        ({"c": 2}, {}, "c: no source has this name"),
        ({"a": -1}, {}, "greater than or equal to 0"),
    ],
)
def test_what_weights_in_the_loss_do_not_go_with_is_refused(
    tmp_path: Path, mix: dict[str, float], train: Any, told: str
) -> None:
    recipe = {"name": "r", "labels": ["x", "y"], "sources": SOURCES, "mix": {"loss_weights": mix}}
    if train is not None:
        recipe["train"] = {"model": {"architecture": "bert"}} | train
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    with pytest.raises(RecipeError, match=r"mix\.loss_weights") as refused:
        load_recipe(str(tmp_path / "r.yaml"))
    assert told in str(refused.value)


def test_a_source_that_is_left_out_takes_its_weight_along(tmp_path: Path) -> None:
    recipe = {"name": "r", "labels": ["x", "y"], "sources": SOURCES, "mix": {"loss_weights": {"a": 2, "b": 3}}}
    recipe["train"] = {"model": {"architecture": "bert"}}
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    assert load_recipe(str(tmp_path / "r.yaml"), without=["a"]).recipe.mix.loss_weights == {"b": 3}


@pytest.mark.slow
def test_equal_weights_change_no_bit_and_a_source_without_weight_teaches_nothing(
    tiny_mix: Callable[..., Any],
) -> None:
    sizes = {"a": 60, "b": 60}
    right, turned = tiny_mix(sizes), tiny_mix(sizes, wrong="b")
    plain = right.trained()
    assert right.trained({"a": 3.0, "b": 3.0}).weights == plain.weights
    deaf = right.trained({"a": 1.0, "b": 0.0})
    assert turned.trained({"a": 1.0, "b": 0.0}).weights == deaf.weights != plain.weights
