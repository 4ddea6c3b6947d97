"""Tests of programs are read as files hold them, after what is run before them; rows without tests have none."""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.ingest.map import Mapped, Mapper
from tasks.ingest.read import batches
from tasks.ingest.settings import parse_source
from tasks.objectives.instruction_tuning.columns import layout

ASKED = {"prompt": "add", "response": "def add(a, b): ..."}
LIST = ["assert add(1, 2) == 3", "assert add([1], [2]) == [1, 2]"]


def mapped(folder: Path, records: list[Any], **columns: str) -> Mapped:
    (folder / "rows.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    settings = parse_source({"path": "rows.jsonl", "columns": columns})
    mapper = Mapper("s", settings, layout(()).with_tests)
    return mapper([mapper.complete(batch) for batch in batches(settings, str(folder))])


@pytest.mark.parametrize(
    ("record", "columns", "tests"),
    [
        ({"tests": LIST}, {}, LIST),
        ({"test_list": LIST}, {"tests": "test_list"}, LIST),
        ({"test_list": json.dumps(LIST)}, {"tests": "test_list"}, LIST),
        ({"tests": LIST, "imports": ["import re"]}, {"tests": "tests", "setup": "imports"}, ["import re", *LIST]),
        ({"test_list": LIST, "setup": "x = 1"}, {"tests": "test_list", "setup": "setup"}, ["x = 1", *LIST]),
        ({"test_list": LIST, "setup": ""}, {"tests": "test_list", "setup": "setup"}, LIST),
        ({"test": "def check(f):\n    assert f(1)", "name": "add"}, {"tests": "{test}\ncheck({name})"},
         ["def check(f):\n    assert f(1)\ncheck(add)"]),
        ({"tests": [LIST[0]]}, {}, [LIST[0]]),
        ({"tests": ["", " "]}, {}, []),
        ({"tests": []}, {}, []),
        ({"tests": None}, {}, []),
        ({"test_list": None, "setup": "x = 1"}, {"tests": "test_list", "setup": "setup"}, []),
        ({}, {}, []),
    ],
)  # fmt: skip
def test_tests_are_a_list_or_a_text_and_stand_behind_their_setup(
    record: dict[str, Any], columns: dict[str, str], tests: list[str], tmp_path: Path
) -> None:
    found = mapped(tmp_path, [ASKED | record], **columns)
    assert found.rows["tests"].to_list() == [tests]


def test_tests_that_are_no_texts_make_a_bad_row(tmp_path: Path) -> None:
    found = mapped(tmp_path, [ASKED | {"tests": LIST}, ASKED | {"tests": [["assert"], ["add"]]}])
    assert found.rows.height == 1
    assert found.bad["reason"].to_list() == ["bad_tests"]
