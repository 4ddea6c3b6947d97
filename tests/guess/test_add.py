"""`cuvee init --add`: more sources in a recipe that is there, whose comments and layout stay."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from flows.cli.add import add_sources
from flows.cli.main import app
from flows.cli.validate import validate_recipe
from tasks.core.errors import RecipeError
from tasks.guess.insert import with_source
from tasks.recipe.model import load_recipe

RECIPE = """\
# ours
name: moods   # of people
labels: [negative, positive]

sources:
  # the first
  films:
    path: films.csv   # by hand

  # nothing more

mix: {weights: uniform}  # even
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spelled = {"films": ("negative", "positive"), "books": ("Neg", "POS"), "shops": ("0", "1")}
    for name, labels in spelled.items():
        rows = [f"a text of {name} with number {number},{labels[number % 2]}" for number in range(60)]
        Path(f"{name}.csv").write_text("\n".join(["text,label", *rows, ""]))
    Path("recipe.yaml").write_text(RECIPE)


def test_a_source_is_put_behind_the_others_and_all_else_stays() -> None:
    found = add_sources(["books.csv"], "recipe.yaml", None, None)
    after = Path("recipe.yaml").read_text()
    added = [line for line in after.splitlines() if line not in RECIPE.splitlines()]
    assert [line for line in after.splitlines() if line not in added] == RECIPE.splitlines()
    assert added[0] == "  books:"
    assert "    path: books.csv" in added
    assert (found["wrong"], found["recipe"], list(found["sources"])) == ("", "recipe.yaml", ["books"])
    read = validate_recipe("recipe.yaml", {})["sources"]
    both = {"negative": 30, "positive": 30}
    assert {name: one["labels"] for name, one in read.items()} == {"films": both, "books": both}


def test_labels_that_say_nothing_are_to_be_filled_in_and_a_name_that_is_taken_is_another() -> None:
    Path("more").mkdir()
    Path("more/films.csv").write_text(Path("shops.csv").read_text())
    shown = CliRunner().invoke(app, ["init", "--add", "more/films.csv"])
    assert shown.exit_code == 0, shown.output
    assert "Fill in  `labels` of more-films (0, 1)" in shown.stdout
    assert "    # labels: {'0': negative, '1': positive}\n" in Path("recipe.yaml").read_text()
    with pytest.raises(RecipeError, match=r"sources\.more-films: 60 of 60 records are bad"):
        validate_recipe("recipe.yaml", {})


def test_sources_in_braces_get_one_more_in_braces_and_the_recipe_may_stand_among_the_files() -> None:
    text = "name: r\nlabels: [negative, positive]\nsources: {films: {path: films.csv}} # few\nmix: {weights: uniform}\n"
    Path("other.yaml").write_text(text)
    add_sources(["books.csv", "other.yaml"], "recipe.yaml", None, None)
    assert Path("recipe.yaml").read_text() == RECIPE
    assert " # few\nmix: {weights: uniform}\n" in Path("other.yaml").read_text()
    assert list(load_recipe("other.yaml").recipe.sources) == ["films", "books"]


def test_what_cannot_be_added_changes_nothing() -> None:
    Path("empty.csv").write_text("")
    with pytest.raises(RecipeError, match=r"empty\.csv: it is empty"):
        add_sources(["empty.csv"], "recipe.yaml", None, None)
    with pytest.raises(RecipeError, match="one recipe"):
        add_sources(["recipe.yaml"], "recipe.yaml", None, None)
    with pytest.raises(RecipeError, match=r"nothing is added: \./films\.csv is its source 'films'"):
        add_sources(["books.csv", "./films.csv"], "recipe.yaml", None, None)
    assert Path("recipe.yaml").read_text() == RECIPE
    assert not [path.name for path in Path().iterdir() if path.name.startswith(".cuvee")]


VALUES = [
    "{path: a.csv}",
    "\n    path: a.csv",
    '\n    path: "a.csv"\n    columns: {text: t}',
    "&x\n    path: a",
    "\n    path: >\n      a.csv",
    "\n    path: >2 # folded\n      a.csv",
    "\n    path: |+\n      a.csv\n\n",
    "\n    path: |-\n      a\n      b",
]
LINES = st.sampled_from(["", "# a comment", "  # another", "    # deep"])


@given(
    before=st.lists(LINES, max_size=3),
    between=st.lists(LINES, max_size=3),
    after=st.lists(LINES, max_size=3),
    value=st.sampled_from(VALUES),
    ends=st.booleans(),
    last=st.booleans(),
)
def test_wherever_comments_stand_the_tree_has_one_source_more_and_no_line_less(
    before: list[str], between: list[str], after: list[str], value: str, ends: bool, last: bool
) -> None:
    parts = ["name: r", *before, "sources:", *between, f"  a: {value}", *after]
    text = "\n".join(parts + ([] if last else ["mix: {}"])) + ("\n" if ends else "")
    found = with_source(text, "b", ["# note", "path: b.csv"], "{path: b.csv}")
    was, now = yaml.safe_load(text), yaml.safe_load(found)
    assert now == was | {"sources": was["sources"] | {"b": {"path": "b.csv"}}}
    stripped = {
        "    path: >-": "    path: >",
        "    path: >2- # folded": "    path: >2 # folded",
    }  # no line end is theirs
    left = iter([stripped.get(line, line) for line in found.split("\n")])
    assert all(line in left for line in text.split("\n"))
