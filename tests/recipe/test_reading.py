"""Whatever a file holds, its reader says one clear thing about it, soon."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.errors import RecipeError
from tasks.recipe.model import load_recipe
from tasks.recipe.reading import Mistake, parsed

BASE = "name: r\nlabels: [neg, pos]\nsources:\n  a: {path: a.csv}\n  b: {path: b.csv}\n"
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("? [a, b]\n: 1\n", "a key is one text; here stands a list"),
        ("? {a: b}\n: 1\n", "a key is one text; here stands a mapping"),
        ("x: !!int abc\n", "the tag !!int is not read"),
        ("x: !!timestamp abc\n", "the tag !!timestamp is not read"),
        ("x: &x [*x]\n", "the anchor &x holds itself"),
        ("x: *none\n", "there is no anchor &none"),
        ("x: " + "[" * 1500 + "]" * 1500, "more than 100 mappings and lists"),
        ("x: " + "[" * 1_000_000, "more than 100 mappings and lists"),
        (LAUGHS, "more than 20,000 values"),
        ("".join(f"k{number}: 1\n" for number in range(100_000)), "more than 20,000 values"),
        ("<<: 5\n", "`<<` takes a mapping"),
        ("---\nb: 1\n", "a second document begins here"),
    ],
)
def test_one_mistake_within_a_second(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "r.yaml").write_text(BASE + text)
    began = time.process_time()
    with pytest.raises(RecipeError) as caught:
        load_recipe(str(tmp_path / "r.yaml"))
    assert time.process_time() - began < 2  # a second, on a machine that does nothing else
    assert told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_many_mistakes_are_counted_and_a_few_told(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(BASE + "".join(f"k{number}: 1\n" for number in range(9_000)))
    with pytest.raises(RecipeError) as caught:
        load_recipe(str(tmp_path / "r.yaml"))
    told = str(caught.value).splitlines()
    assert told[0].endswith("9,000 mistakes")
    assert told[-1] == "  … and 8,950 more"


def test_merged_keys_stand_behind_own_ones() -> None:
    written = parsed("s: &s {a: 1, b: 2}\nt: {<<: *s, b: 3}\nu: {<<: [*s, {a: 5, c: 4}]}\n")
    assert written is not None
    assert written.value == {"s": {"a": 1, "b": 2}, "t": {"a": 1, "b": 3}, "u": {"a": 1, "b": 2, "c": 4}}


@pytest.mark.parametrize(
    "text",
    [
        "name: r\nsources: [a]\n",
        "name: r\nsources: 5\n",
        "name: r\nsources:\n",
        "name: r\nsources: {a: 5, b: [1]}\n",
        BASE + "mix: {weights: [a]}\nclean: {sources: [a]}\nchecks: {expectations: {subjects: 5}}\nsift: [5]\n",
        BASE + "mix: {weights: {a: x}, floors: 5, phases: {share: 5}}\ncompare: {arms: [x]}\n",
    ],
)
def test_a_source_can_be_left_out_of_a_broken_recipe(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(RecipeError, match="mistake"):
        load_recipe(str(tmp_path / "r.yaml"), without=["a"])


@given(st.text(st.sampled_from("ab:{}[],&*!|>-?'\"#%~<0.\n "), max_size=40))
@settings(max_examples=500, deadline=None)
def test_any_text_is_a_value_or_a_mistake(text: str) -> None:
    try:
        parsed(text)
    except Mistake as mistake:
        assert str(mistake)
