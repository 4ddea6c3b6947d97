"""Spreadsheets: the values that people see in the cells, or an error that says what the file is."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core.errors import CuveeError, QualityGate, RecipeError
from tasks.ingest.kinds import spreadsheet


def workbook(file: Path, sheets: dict[str, Callable[[Any, Any], Any]]) -> Path:
    with xlsxwriter.Workbook(file) as book:
        for name, fill in sheets.items():
            fill(book.add_worksheet(name), book)
    return file


def table(*rows: list[Any]) -> Callable[[Any, Any], Any]:
    return lambda sheet, _: [sheet.write_row(number, 0, row) for number, row in enumerate(rows)]


def everything(sheet: Any, book: Any) -> None:
    def date(shape: str) -> Any:
        return book.add_format({"num_format": shape})

    day = datetime(2024, 2, 29, 12, 30, tzinfo=UTC).replace(tzinfo=None)
    sheet.write(0, 0, "A title over the table")
    sheet.write_row(2, 1, ["text", "n", "f", "when", "sum", "text"])
    sheet.write_row(3, 1, ["one", 7, 0.5])
    sheet.write_datetime(3, 4, day, date("yyyy-mm-dd hh:mm"))
    sheet.write_formula(3, 5, "=1+1", None, 2)
    sheet.merge_range(5, 1, 6, 1, "merged")
    sheet.write_row(5, 2, [1, True])
    sheet.write_datetime(5, 4, day.replace(hour=0, minute=0), date("yyyy-mm-dd"))
    sheet.write_formula(5, 5, "=1/0", None, "#DIV/0!")
    sheet.write_row(6, 2, [2, False])
    sheet.write_datetime(6, 4, time(12, 30), date("hh:mm"))


def test_cells_are_written_as_people_see_them(read: Callable[..., Any], tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", {"S": everything})
    found = read(path="a.xlsx", first_row=3, columns={"text": "{text}|{n}|{f}|{when}|{sum}|{text.1}"})
    assert found.texts == [
        "one|7|0.5|2024-02-29 12:30:00|2|",
        "merged|1|true|2024-02-29||",
        "merged|2|false|12:30:00||",
    ]
    assert found.rows["row_id"].to_list() == ["a.xlsx!S:4", "a.xlsx!S:6", "a.xlsx!S:7"]
    assert read(path="a.xlsx", first_row=4, header=False, columns={"text": "{1}|{2}"}).texts == [
        "one|7",
        "merged|1",
        "merged|2",
    ]


def test_sheets_are_chosen_by_number_name_or_glob(read: Callable[..., Any], tmp_path: Path) -> None:
    workbook(
        tmp_path / "a.xlsx",
        {"2023": table(["text"], ["a"]), "2024": table(["label", "text"], [1, "b"]), "notes": table()},
    )
    assert read(path="a.xlsx").texts == ["a"]
    assert read(path="a.xlsx", sheet=1).texts == ["b"]
    assert read(path="a.xlsx", sheet="20*").rows["row_id"].to_list() == ["a.xlsx!2023:2", "a.xlsx!2024:2"]
    assert read(path="a.xlsx", sheet="*", label="positive").texts == ["a", "b"]
    for unknown in ("2025", 3, -1):
        with pytest.raises(RecipeError, match=r"a\.xlsx: there is no sheet .* known: 2023, 2024, notes"):
            read(path="a.xlsx", sheet=unknown)


MANIFEST = """<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"""  # noqa: E501
ODS = """<?xml version="1.0"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body><office:spreadsheet><table:table table:name="S">
<table:table-row>
 <table:table-cell office:value-type="string"><text:p>text</text:p></table:table-cell>
 <table:table-cell office:value-type="string"><text:p>n</text:p></table:table-cell>
 <table:table-cell office:value-type="string"><text:p>day</text:p></table:table-cell>
</table:table-row>
<table:table-row>
 <table:table-cell office:value-type="string"><text:p>é &lt;b&gt;</text:p></table:table-cell>
 <table:table-cell office:value-type="float" office:value="7"><text:p>7</text:p></table:table-cell>
 <table:table-cell office:value-type="date" office:date-value="2024-02-29"><text:p>29.2.</text:p></table:table-cell>
</table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""  # noqa: E501


def test_opendocument_reads_like_excel(read: Callable[..., Any], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as document:
        document.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        document.writestr("META-INF/manifest.xml", MANIFEST)
        document.writestr("content.xml", ODS.replace("\n ", " ").replace("> <", "><").replace(">\n<", "><"))
    assert read(path="a.ods", columns={"text": "{text}|{n}|{day}"}).texts == ["é <b>|7|2024-02-29"]


def test_a_row_whose_text_is_an_error_is_a_bad_row(read: Callable[..., Any], tmp_path: Path) -> None:
    def fill(sheet: Any, _: Any) -> None:
        sheet.write_row(0, 0, ["text", "n"])
        sheet.write_formula(1, 0, "=1/0", None, "#DIV/0!")
        sheet.write(1, 1, 1)

    workbook(tmp_path / "a.xlsx", {"S": fill})
    assert read(path="a.xlsx").bad == [("a.xlsx!S", 2, "missing_text")]


def test_blocks_of_any_size_give_the_same_rows(
    read: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbook(tmp_path / "a.xlsx", {"S": table(["text"], *([f"row {number}"] for number in range(9)))})
    monkeypatch.setattr(spreadsheet, "BATCH_ROWS", 2)
    assert read(path="a.xlsx").texts == [f"row {number}" for number in range(9)]


def test_a_file_locked_by_a_password_says_so(read: Callable[..., Any], tmp_path: Path) -> None:
    container = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1_000) + "EncryptedPackage".encode("utf-16-le") + bytes(1_000)
    )
    (tmp_path / "a.xlsx").write_bytes(container)
    with pytest.raises(QualityGate, match=r"a\.xlsx: locked by a password"):
        read(path="a.xlsx")


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    read: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_BYTES", 100_000)
    workbook(
        tmp_path / "a.xlsx",
        {"S": table(["text"], ["x" * 30_000], *([f"{'y' * 30_000}{number}"] for number in range(9)))},
    )
    with pytest.raises(QualityGate, match=r"a\.xlsx: [\d,]+ bytes that unpack to [\d,]+, at most 100,000"):
        read(path="a.xlsx")


@pytest.fixture(scope="module")
def whole() -> bytes:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        everything(book.add_worksheet("S"), book)
    return held.getvalue()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_broken_workbook_is_an_expected_error(
    read: Callable[..., Any], tmp_path: Path, whole: bytes, data: st.DataObject
) -> None:
    """Cut, spoilt in one byte, or spoilt inside and packed again."""
    way = data.draw(st.sampled_from(["cut", "byte", "inside", "text"]))
    at = data.draw(st.integers(0, len(whole) - 1))
    raw = whole[:at] if way == "cut" else whole[:at] + data.draw(st.binary(min_size=1, max_size=1)) + whole[at + 1 :]
    if way == "text":
        raw = data.draw(st.binary(max_size=50))
    if way == "inside":
        held = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(held, "w") as new:
            spoilt = data.draw(st.sampled_from(old.namelist()))
            for name in old.namelist():
                content = old.read(name)
                place = data.draw(st.integers(0, len(content) - 1)) if name == spoilt else 0
                new.writestr(
                    name,
                    content[:place] + data.draw(st.binary(max_size=5)) + content[place + 3 :]
                    if name == spoilt
                    else content,
                )
        raw = held.getvalue()
    (tmp_path / "a.xlsx").write_bytes(raw)
    try:
        assert read(path="a.xlsx", sheet="*", header=False, columns={"text": 0}).outcome.account.read >= 0
    except CuveeError as error:
        assert "a.xlsx" in str(error) or "sources.s" in str(error)
