"""A weight that is said with the command holds on any recipe: written out, it is that weight; set by a method, it is
that share of the mix, and the others share the rest as the method has it."""

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import RecipeError
from tasks.recipe.model import load_recipe
from tasks.weigh.settings import WeighSettings
from tasks.weigh.shares import weigh

SIZES = {"books": 600.0, "dvd": 300.0, "kitchen": 100.0}


def load(folder: Path, overrides: dict[str, Any], **mix: Any) -> WeighSettings:
    sources = {name: {"path": f"{name}.csv"} for name in SIZES}
    recipe = {"name": "r", "labels": ["neg", "pos"], "sources": sources, "mix": mix}
    (folder / "r.yaml").write_text(yaml.safe_dump(recipe))
    return load_recipe(str(folder / "r.yaml"), overrides).recipe.mix.weighing


def shares(settings: WeighSettings) -> dict[str, float]:
    """The shares of sources of 600, 300 and 100 rows."""
    return dict(weigh(SIZES, (), settings, ())[0].weights)


NUDGED = {"mix.weights.dvd": 0.1}


@pytest.mark.parametrize(
    ("mix", "books"),
    [
        ({}, 0.9 * 6 / 7),
        ({"weights": "proportional"}, 0.9 * 6 / 7),
        ({"weights": "uniform"}, 0.45),
        ({"weights": {"kind": "temperature", "temperature": 2}}, 0.9 * math.sqrt(6) / (math.sqrt(6) + 1)),
        ({"phases": [{"share": 0.7, "weights": "uniform"}, {"share": 0.3, "weights": "proportional"}]}, 0.5464285714),
        ({"weights": "uniform", "floors": {"dvd": 0.3, "kitchen": 0.5}}, 0.4),
        ({"weights": {"books": 0.5, "dvd": 0.3, "kitchen": 0.2}}, 0.5 / 0.8),
        ({"weights": {"kind": "given", "shares": {"books": 0.5, "dvd": 0.3, "kitchen": 0.2}}}, 0.5 / 0.8),
    ],
)
def test_a_weight_can_be_set_on_any_recipe(tmp_path: Path, mix: dict[str, Any], books: float) -> None:
    found = shares(load(tmp_path, NUDGED, **mix))
    written_out = isinstance(mix.get("weights"), dict) and mix["weights"].get("kind") in (None, "given")
    assert found["dvd"] == pytest.approx(0.1 / 0.8 if written_out else 0.1)
    assert found["books"] == pytest.approx(books)
    assert math.fsum(found.values()) == pytest.approx(1)


@given(
    share=st.floats(0.001, 0.999),
    method=st.sampled_from(["proportional", "uniform", "unimax", {"kind": "temperature", "temperature": 3}]),
)
def test_the_other_sources_keep_their_proportions(
    tmp_path_factory: pytest.TempPathFactory, share: float, method: Any
) -> None:
    folder = tmp_path_factory.mktemp("nudged")
    before, after = (shares(load(folder, overrides, weights=method)) for overrides in ({}, {"mix.weights.dvd": share}))
    assert after["dvd"] == pytest.approx(share)
    assert after["books"] / after["kitchen"] == pytest.approx(before["books"] / before["kitchen"])


def test_weights_of_all_sources_are_the_weights(tmp_path: Path) -> None:
    settings = load(tmp_path, {"mix.weights.books": 2, "mix.weights.dvd": 1, "mix.weights.kitchen": 1})
    assert shares(settings) == {"books": 0.5, "dvd": 0.25, "kitchen": 0.25}


def test_a_setting_of_the_method_is_a_setting(tmp_path: Path) -> None:
    settings = load(tmp_path, {"mix.weights.temperature": 3}, weights="temperature")
    assert settings.weights.model_dump()["temperature"] == 3
    settings = load(tmp_path, {"mix.weights.kind": "uniform"})
    assert settings.weights.model_dump() == {"kind": "uniform"}


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            {"mix.weights.dvd": 1.5},
            r"--set mix\.weights\.dvd: a share of the mix is wanted here, from 0 to 1 \(got 1.5\)",
        ),
        ({"mix.weights.dvd": "much"}, r"from 0 to 1 \(got 'much'\), since uniform sets the weights"),
        ({"mix.weights.dvd": True}, r"from 0 to 1 \(got True\)"),
        ({"mix.weights.dvdd": 0.1}, r"--set mix\.weights\.dvdd: no source has this name; did you mean 'dvd'\?"),
        ({"mix.weights.dvd": 0.7, "mix.weights.books": 0.6}, r"sum to 1.3, more than the whole mix; lower them by 0.3"),
    ],
)
def test_what_is_no_share_is_told_in_one_line(tmp_path: Path, overrides: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said) as caught:
        load(tmp_path, overrides, weights="uniform")
    assert len(str(caught.value).splitlines()) == 1
