"""Files as people send them: read rightly by `cuvee init`, or told with the remedy."""

import json
from pathlib import Path
from typing import Any

import pytest

from flows.cli.init import init_recipe
from flows.cli.validate import validate_recipe
from tasks.core.errors import RecipeError

GOOD = [f"a fine and quick film number {number} that I liked" for number in range(20)]
BAD = [f"a dull and slow film number {number} that I left" for number in range(20)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(name: str, data: bytes) -> Any:
    Path(name).write_bytes(data)
    (only,) = init_recipe([name], "recipe.yaml", force=True)["sources"].values()
    return only


ROWS = [(text, label) for good, bad in zip(GOOD, BAD, strict=True) for text, label in ((good, "pos"), (bad, "neg"))]
PLAIN = "".join(f"{text},{label}\n" for text, label in ROWS)
FORMATS: dict[str, tuple[str, bytes]] = {
    "a comma behind each line": ("a.csv", ("text,label,\n" + PLAIN.replace("\n", ",\n")).encode()),
    "a line that says the delimiter": ("a.csv", ("sep=;\r\ntext;label\r\n" + PLAIN.replace(",", ";")).encode()),
    "UTF-16 with a mark": ("a.csv", ("text,label\n" + PLAIN).encode("utf-16")),
    "UTF-16 without one": ("a.csv", ("text,label\n" + PLAIN).encode("utf-16-le")),
    "lines that end in CR": ("a.csv", ("text,label\n" + PLAIN).replace("\n", "\r").encode()),
    "JSON that is lines": ("a.json", "".join(json.dumps({"text": t, "label": m}) + "\n" for t, m in ROWS).encode()),
    "lines that are JSON": ("a.jsonl", json.dumps([{"text": t, "label": m} for t, m in ROWS], indent=1).encode()),
}


@pytest.mark.parametrize("way", FORMATS)
def test_formats_that_people_send_are_read_rightly(way: str) -> None:
    found = written(*FORMATS[way])
    assert (found["rows"], found["bad"], found["labels"]) == (40, 0, {"negative": 20, "positive": 20})
    assert found["sample"][0]["text"] == GOOD[0]
    assert validate_recipe("recipe.yaml", {})["sources"]["a"]["rows"] == 40


def test_floating_point_labels_are_whole_numbers() -> None:
    rows = "".join(f"{text},{number % 2}.0\n" for number, text in enumerate([*GOOD, *BAD]))
    found = written("a.csv", f"text,score\n{rows}".encode())
    assert found["settings"]["labels"] == {"0.0": "0", "1.0": "1"}
    assert validate_recipe("recipe.yaml", {})["sources"]["a"]["labels"] == {"0": 20, "1": 20}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ('[{"text": "a", "label": "x"},]', "a comma before a closing bracket; take it out"),
        ('{"text": "a", "label": "x"},\n' * 30, "objects with commas behind them; take these out"),
    ],
)
def test_json_that_is_none_is_told_with_the_remedy(data: str, told: str) -> None:
    Path("a.json").write_text(data)
    with pytest.raises(RecipeError, match=told):
        init_recipe(["a.json"], "recipe.yaml")


@pytest.mark.parametrize(
    ("first", "row", "told"),
    [
        (
            "text,label",
            "{text},{label},",
            r"its records end in ',' .* does not \(2 and 3 fields\); end the first line in",
        ),
        ("text,label", '"{text}","{label}",', r"its records end in ','"),
        ("text;label", "{text};{label};;", r"its records end in ';' .* \(2 and 4 fields\)"),
        ("text,label,", "{text},{label}", r"its first line, .*, ends in ',' and its records do not \(3 and 2 fields\)"),
        ("text,label", "17,{text},{label}", r"have 2 and 3 fields; name each column there, and no other"),
        (
            "An export of July\ntext,label",
            "{text},{label}",
            r"first one, which has 1 of 2 fields; take out what stands",
        ),
    ],
)
def test_a_first_line_that_does_not_fit_the_records_is_told_with_the_remedy(first: str, row: str, told: str) -> None:
    lines = [first, *(row.format(text=text, label=label) for text, label in ROWS), ""]
    Path("a.csv").write_text("\n".join(lines))
    for named in (None, "text"):
        with pytest.raises(RecipeError, match=told):
            init_recipe(["a.csv"], "recipe.yaml", text=named)


def test_a_first_record_without_its_last_comma_is_the_only_bad_one() -> None:
    lines = [f"{text},{label}," for text, label in ROWS]
    found = written("a.csv", "\n".join([lines[0].removesuffix(","), *lines[1:], ""]).encode())
    assert (found["settings"]["fields"], found["rows"], found["bad"]) == (3, 40, 1)
    assert found["labels"] == {"negative": 20, "positive": 19}
