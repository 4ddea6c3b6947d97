"""What `validate` calls valid a run reads, and what would stop one is told of every source at once."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import JsonValue
from typer.testing import CliRunner

from flows.cli.main import app
from flows.cli.validate import validate_recipe
from flows.engine.calls import RunProducts, carry_out
from flows.engine.plain import Plain
from flows.steps.blend import blend
from tasks.core.errors import QualityGate, RecipeError
from tasks.recipe.model import load_recipe

LINES = [f"some words of number {number},{('good', 'bad')[number % 2]}" for number in range(60)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(sources: dict[str, list[str] | bytes], **more: object) -> str:
    """Write files of these lines, and a recipe of them."""
    for name, lines in sources.items():
        data = lines if isinstance(lines, bytes) else "\n".join(["text,label", *lines, ""]).encode()
        Path(f"{name}.csv").write_bytes(data)
    recipe = {"name": "r", "labels": ["good", "bad"], "sources": {name: {"path": f"{name}.csv"} for name in sources}}
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe | more, sort_keys=False))
    return "recipe.yaml"


def test_what_would_stop_a_run_is_told_of_all_sources_with_its_remedy() -> None:
    wrong = {
        "labels": [*LINES, *["more words,Good", "again,meh"] * 10],
        "encoding": ("text,label\n" + "\n".join(line.replace("words", "mots légers") for line in LINES)).encode(
            "latin-1"
        ),
        "empty": [*LINES, *[",".join(("no label", ""))] * 9],
        "fine": LINES,
    }
    with pytest.raises(RecipeError) as caught:
        validate_recipe(written(wrong), {})
    told = str(caught.value)
    assert "sources.labels: 20 of 80 records are bad (25.0 %, at most 1 % allowed): unmapped_label 20" in told
    assert 'add to its `labels` {"Good": good, "meh": null} (one of good, bad; null leaves out)' in told
    assert "sources.encoding: 60 of 60 records are bad" in told
    assert "say its encoding, likely `encoding: latin-1`" in told
    assert "sources.empty: 9 of 69 records are bad (13.0 %" in told
    assert 'leave such rows out by `where: "\\"label\\" <> \'\'"`' in told
    assert "or raise sources.empty.max_bad to 0.14" in told
    assert "sources.fine" not in told
    assert caught.value.exit_code == 2


def test_the_remedies_that_are_told_make_it_valid() -> None:
    recipe = written({"a": [*LINES, *["again,meh"] * 10], "b": [*LINES, *["no label,"] * 9]})
    mended: dict[str, JsonValue] = {
        "sources.a.labels": {"good": "good", "bad": "bad", "meh": None},
        "sources.b.where": "\"label\" <> ''",
    }
    found = validate_recipe(recipe, mended)["sources"]
    assert {name: (one["looked_at"], one["whole"], one["rows"]) for name, one in found.items()} == {
        "a": (70, True, 60),
        "b": (69, True, 60),
    }


def test_few_bad_rows_are_shown_with_their_remedy_and_stop_nothing() -> None:
    recipe = written({"a": [*LINES * 5, "again,meh"]})
    shown = CliRunner().invoke(app, ["validate", recipe])
    assert shown.exit_code == 0, shown.output
    assert "all 301 records looked at, 60 can be used: good 30, bad 30" in shown.stdout
    assert "left out: exact_duplicate 240" in shown.stdout
    assert "bad: unmapped_label 1, such as a.csv:302: unmapped_label (label meh)" in shown.stdout
    assert 'to mend them: add to its `labels` {"meh": null}' in shown.stdout


@pytest.mark.parametrize(
    ("lines", "more", "told"),
    [
        (LINES[:5], {}, "sources.a: 5 rows are fewer than checks.min_rows, 20"),
        ([], {}, "sources.a: it holds no records: its files are empty"),
        (LINES[::2], {}, "all 30 rows of all sources have the label 'good'"),
    ],
)
def test_what_the_checks_would_stop_is_told(lines: list[str], more: dict[str, object], told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        validate_recipe(written({"a": lines}, **more), {})


@pytest.mark.parametrize(
    ("lines", "clean", "told"),
    [
        ([",bad"] * 40, {}, "dropped: empty_text 40; 0 kept aside; look at its `columns`"),
        (LINES, {"min_chars": 5000}, "dropped: too_short 60; 0 kept aside; lower clean.min_chars"),
        (LINES, {"sources": {"a": {"filters": [{"kind": "words", "least": 99}]}}}, "look at its filters under `clean`"),
    ],
)
def test_what_cleaning_leaves_nothing_of_is_told_in_the_words_of_plan(
    lines: list[str], clean: dict[str, object], told: str
) -> None:
    recipe = written({"a": lines}, clean=clean)
    with pytest.raises(RecipeError) as caught:
        validate_recipe(recipe, {})
    assert f"sources.a: no row is left: {len(lines)} read; 0 in quarantine; " in str(caught.value)
    assert told in str(caught.value)
    with pytest.raises(QualityGate, match=re.escape(str(caught.value).partition("no row is left: ")[2])):
        carry_out(blend(load_recipe(recipe), Plain("store"), RunProducts()), "check")


def test_what_cleaning_leaves_too_few_of_is_told() -> None:
    with pytest.raises(
        RecipeError, match=r"1 rows of 40 records \(exact_duplicate 39\) are fewer than checks.min_rows, 20"
    ):
        validate_recipe(written({"a": ["the same words,good"] * 40}), {})


def test_what_the_checks_leave_out_stops_nothing() -> None:
    recipe = written({"a": LINES, "b": LINES[:5]}, checks={"policies": {"b": "quarantine"}})
    assert validate_recipe(recipe, {})["valid"]


def test_what_a_run_leaves_out_beyond_what_is_counted_is_named() -> None:
    assert validate_recipe(written({"a": LINES}, near_duplicates=None), {})["uncounted"] == []
    more = {
        "personal": {"policies": {"b": "drop"}},
        "decontaminate": {},
        "mix": {"select": {"target": "a", "keep": 0.9}},
    }
    recipe = written({"a": LINES, "b": [f"other {line}" for line in LINES]}, **more)
    named = ["personal data", "repetitions in other sources", "decontaminate", "near duplicates", "mix.select"]
    assert validate_recipe(recipe, {})["uncounted"] == named
    shown = CliRunner().invoke(app, ["validate", recipe, "--set", "personal.policies={}"])
    assert (
        "Not counted here, but by `cuvee plan`: rows kept aside to measure on, repetitions in other sources, "
        "decontaminate, near duplicates, mix.select" in " ".join(shown.stdout.split())
    )


def test_bad_rows_of_a_set_are_told_where_the_recipe_names_it() -> None:
    sets = {"news": {"path": "b.csv"}}
    recipe = written({"a": LINES, "b": [*LINES, *["again,meh"] * 20]}, evaluate={"sets": sets})
    kept: dict[str, JsonValue] = {"sources": {"a": {"path": "a.csv"}}}
    named = "evaluate.sets.news: 20 of 80 records are bad (25.0 %, at most 1 % allowed): unmapped_label 20"
    with pytest.raises(RecipeError) as caught:
        validate_recipe(recipe, kept)
    assert named in str(caught.value)
    assert "or raise evaluate.sets.news.max_bad to 0.25" in str(caught.value)
    with pytest.raises(QualityGate) as stopped:
        carry_out(blend(load_recipe(recipe, kept), Plain("store"), RunProducts()), "check")
    assert str(stopped.value).startswith(named)
    assert "or raise evaluate.sets.news.max_bad to 0.25" in str(stopped.value)
    with pytest.raises(RecipeError, match=r"^evaluate\.sets\.news: columns\.text: there is no column 'body'; known: "):
        validate_recipe(recipe, {**kept, "evaluate.sets.news.columns": {"text": "body"}})


def test_all_roles_that_a_source_lacks_are_named() -> None:
    Path("a.csv").write_text("x,y\n1,2\n")
    Path("recipe.yaml").write_text("name: r\ntask: question-answering\nsources: {a: {path: a.csv}}\n")
    with pytest.raises(RecipeError) as caught:
        validate_recipe("recipe.yaml", {})
    roles = ("question", "context", "answers")
    told = [f"sources.a: columns.{role}: there is no column '{role}'; known: x, y" for role in roles]
    assert str(caught.value).splitlines() == told
    chat: dict[str, JsonValue] = {"task": "instruction-tuning", "sources.a.columns": {"prompt": "p", "response": "r"}}
    with pytest.raises(RecipeError, match=r"columns.prompt: .*\n.*columns.response: there is no column 'r'"):
        validate_recipe("recipe.yaml", chat)


def test_chats_are_shown_as_who_says_what() -> None:
    lines = (f'{{"prompt": "Where is Oslo {number}?", "response": "In Norway."}}\n' for number in range(30))
    Path("a.jsonl").write_text("".join(lines))
    Path("recipe.yaml").write_text("name: r\ntask: instruction-tuning\nsources: {a: {path: a.jsonl}}\n")
    shown = CliRunner().invoke(app, ["validate", "recipe.yaml"])
    assert "user: Where is Oslo 0? assistant: In Norway." in shown.stdout
