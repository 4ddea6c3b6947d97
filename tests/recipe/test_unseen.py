"""What a recipe takes from the environment is a text, and nothing that is shown or kept is made of it."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.errors import RecipeError, Unreachable
from tasks.core.unseen import NAMES, keep_unseen, unseen, unseen_error
from tasks.recipe.model import load_recipe

RECIPE = """\
name: r
labels: [neg, pos]
sources:
  a: {path: "${LAKE}/a.csv", where: "x = '${PLACE}'"}
  b: {path: b.csv}
"""
STRANGE = ["pa #ss", " padded ", "0123", "null", "1:30", "'quoted", "[list", "@at", "%per", "*star", "a: b", "- c", "~"]


@pytest.fixture(autouse=True)
def nothing_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMES, "")


def written(folder: Path, text: str = RECIPE) -> str:
    (folder / "r.yaml").write_text(text)
    return str(folder / "r.yaml")


@pytest.mark.parametrize("value", STRANGE)
def test_a_value_is_the_text_that_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LAKE", value)
    monkeypatch.setenv("PLACE", value)
    text = RECIPE + "publish: {description: '${PLACE}'}\n"
    loaded = load_recipe(written(tmp_path, text))
    assert loaded.recipe.sources["a"].model_dump()["path"] == f"{value}/a.csv"
    assert loaded.recipe.sources["a"].where == f"x = '{value}'"
    assert loaded.recipe.publish.description == value
    assert loaded.published["publish"] == {"description": "${PLACE}", "language": []}


@pytest.mark.parametrize(
    ("section", "value", "got"),
    [
        ("mix: {size: '${V}'}", "250", 250),
        ("mix: {size: '${V}'}", "all", "all"),
        ("holdout: {share: '${V}'}", "0.25", 0.25),
        ("clean: {keep_lines: '${V}'}", "true", True),
    ],
)
def test_a_number_or_a_truth_value_where_the_field_wants_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: str, value: str, got: object
) -> None:
    monkeypatch.setenv("V", value)
    loaded = load_recipe(written(tmp_path, RECIPE.replace("${LAKE}", ".").replace("${PLACE}", "p") + section + "\n"))
    name, _, rest = section.partition(": {")
    assert getattr(getattr(loaded.recipe, name), rest.partition(":")[0]) == got
    assert value not in json.dumps(loaded.published[name])


@pytest.mark.parametrize(
    "line",
    [
        "mix: {size: '${V}'}",
        "mix: {unit: '${V}'}",
        "mix: {weights: '${V}'}",
        "mix: {weights: {a: '${V}', b: 1}}",
        "train: {model: m, batch_size: '${V}', precision: '${V}'}",
        "clean: {filters: '${V}'}",
        "clean: {filters: [{kind: '${V}'}], keep_lines: '${V}'}",
        "checks: {on_failure: '${V}', policies: {a: '${V}'}, expectations: [{type: '${V}'}]}",
        "seed: '${V}'",
        "task: '${V}'",
        "sift: '${V}'",
        "decontaminate: {against: {c: {path: '${V}'}, d: {sql: '${V}', table: t}, e: {path: c.csv, encoding: '${V}'}}}",
    ],
)
@pytest.mark.parametrize("value", ["hunter2-canary", "postgresql://me:hunter2-canary@host/db", "@hunter2-canary #'"])
def test_no_mistake_shows_a_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, value: str) -> None:
    monkeypatch.setenv("V", value)
    monkeypatch.setenv("LAKE", "lake")
    monkeypatch.setenv("PLACE", "p")
    with pytest.raises(RecipeError) as caught:
        load_recipe(written(tmp_path, f"{RECIPE}{line}\n"))
    assert "hunter2" not in str(caught.value) + repr(caught.value.facts)


@pytest.mark.parametrize("text", ["name: '${V}'", "labels: [neg, '${V}']", "mix: {select: {target: '${V}', keep: 1}}"])
def test_names_and_labels_are_written_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("V", "pos")
    key = text.partition(":")[0]
    recipe = "".join(line for line in RECIPE.splitlines(keepends=True) if not line.startswith(f"{key}:"))
    with pytest.raises(RecipeError, match="write this one out"):
        load_recipe(written(tmp_path, recipe.replace("${LAKE}", ".").replace("${PLACE}", "p") + text + "\n"))


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=4, max_size=30).filter(str.strip))
@settings(max_examples=200, deadline=None)
def test_a_value_is_hidden_however_a_message_writes_it(value: str) -> None:
    from urllib.parse import quote, quote_plus

    if value.strip().lstrip("+-").isdigit() or len(value.strip()) < 4 or value.lower() in "${value} got at":
        return
    before = dict(os.environ)
    try:
        os.environ.update({"VALUE": value, NAMES: "VALUE"})
        for way in (value, repr(value), json.dumps(value), quote(value), quote_plus(value), quote(value, safe="")):
            error = Unreachable(f"got <{way}> at http://h/?t={way}&u=1")
            assert str(error) == str(error).replace(way, "") or "${VALUE}" in str(error)
            assert f"<{way.strip(chr(34) + chr(39))}>" not in str(error)
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_nothing_that_led_to_an_error_shows_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("V", "hunter2-canary")
    keep_unseen("V")
    try:
        try:
            raise OSError("401 at http://h/?t=hunter2-canary")
        except OSError as cause:
            raise Unreachable("cannot reach it") from cause
    except Unreachable as error:
        hidden = unseen_error(error)
    assert hidden.__cause__ is None
    assert hidden.__context__ is None
    assert "hunter2" not in str(unseen_error(ValueError("hunter2-canary")))
    assert isinstance(plain := unseen_error(KeyError("x")), KeyError)
    assert str(plain) == "'x'"


def test_numbers_of_few_digits_are_not_looked_for_in_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("V", "12")
    keep_unseen("V")
    assert unseen("12 rows") == "12 rows"


@pytest.mark.usefixtures("cold")
def test_a_mistake_starts_no_server_and_tells_it_no_password(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    file = written(tmp_path, RECIPE.replace("${LAKE}", ".").replace("${PLACE}", "p"))
    environment = os.environ | {"PREFECT_HOME": str(tmp_path / "home"), "PREFECT_SERVER_API_PORT": "4977"}
    override = "sources.c={sql: 'postgresql://me:hunter2@host/db', table: t}"
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli.main", "run", file, "--set", override],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "a recipe holds no password" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert not [*(tmp_path / "home").iterdir()]


def test_the_name_of_a_database_is_no_secret_that_its_table_or_source_could_not_bear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("V", "postgresql://me:hunter2-canary@db.example.org/reviews")
    keep_unseen("V")
    said = str(Unreachable("sources.reviews: hunter2-canary, db.example.org, me@reviews"))
    assert said == "sources.reviews: ${V}, ${V}, ${V}@reviews"


def test_no_library_logs_a_value(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("V", "hunter2-canary")
    monkeypatch.setenv(NAMES, "")
    keep_unseen("V")
    logging.getLogger("huggingface_hub.utils._http").warning("%s while requesting %s", "x", "http://h/hunter2-canary")
    assert caplog.messages == ["x while requesting http://h/${V}"]
    program = "import logging, tasks.core.unseen; logging.warning('at %s', 'hunter2-canary')"
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert there.stderr.strip() == "WARNING:root:at ${V}", "a process that this one starts"
