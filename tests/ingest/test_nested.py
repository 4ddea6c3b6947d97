"""Columns inside the objects of a column, by names with dots, whatever format the objects come in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import RecipeError
from tasks.ingest.columns import named_column

ROWS = [{"id": n, "translation": {"en": f"dog {n}", "de": f"Hund {n}", "zh-CN": f"狗{n}"}} for n in range(3)]


def write(folder: Path, name: str) -> str:
    lines = [json.dumps(row, ensure_ascii=False) for row in ROWS]
    if name.endswith(".parquet"):
        pl.DataFrame(ROWS).write_parquet(folder / name)
    elif name.endswith(".csv"):
        pl.DataFrame([row | {"translation": json.dumps(row["translation"])} for row in ROWS]).write_csv(folder / name)
    else:
        (folder / name).write_text("\n".join(lines) if name.endswith("l") else f"[{','.join(lines)}]", "utf-8")
    return name


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.parquet", "a.csv"])
@pytest.mark.parametrize(
    ("column", "texts"),
    [
        ("translation.de", ["Hund 0", "Hund 1", "Hund 2"]),
        ("translation.zh-CN", ["狗0", "狗1", "狗2"]),
        ("{translation.en} = {translation.de}", [f"dog {n} = Hund {n}" for n in range(3)]),
    ],
)
def test_what_objects_hold_are_columns(
    read: Callable[..., Any], tmp_path: Path, name: str, column: str, texts: list[str]
) -> None:
    assert read(path=write(tmp_path, name), columns={"text": column}).texts == texts


def test_a_column_of_that_very_name_comes_first(read: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"a.b": "plain", "a": {"b": "inside"}, "x.y": {"z.w": {"v": "deep"}}}))
    assert read(path="a.jsonl", columns={"text": "a.b"}).texts == ["plain"]
    with pytest.raises(RecipeError, match=r"there is no column 'c\.b'"):
        read(path="a.jsonl", columns={"text": "c.b"})


def test_a_row_without_that_object_or_name_is_bad(read: Callable[..., Any], tmp_path: Path) -> None:
    values = [{"de": "Hund"}, {"en": "dog"}, None, "no object", {"de": None}, {"de": {"x": 1}}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"t": value, "n": 1}) + "\n" for value in values))
    found = read(path="a.jsonl", columns={"text": "t.de"}, max_bad=1)
    assert found.texts == ["Hund", '{"x":1}']
    assert [reason for _, _, reason in found.bad] == ["missing_text"] * 4


names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=".'\"]\\"), min_size=1, max_size=6)


@given(names, names, st.text(st.characters(exclude_categories=["Cs"]), max_size=9))
def test_any_name_without_signs_of_a_path_finds_its_text(outer: str, inner: str, text: str) -> None:
    frame = pl.DataFrame({outer: [json.dumps({inner: text, f"{inner}x": "other"})]})
    column = named_column(f"{outer}.{inner}", frame.columns)
    assert column is not None
    assert frame.select(column.alias("found"))["found"].to_list() == [text]
