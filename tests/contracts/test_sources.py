"""Laws of every kind of source: lazy; the same rows twice under the same ids; a row that cannot be used is counted with
its place and a reason."""

import csv
import io
import json
import sqlite3
import wave
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from PIL import Image

from tasks.core import registry
from tasks.ingest import kinds
from tasks.ingest.batch import START, Opened
from tasks.ingest.probe import fingerprint
from tasks.ingest.read import Outcome, read_source
from tasks.ingest.settings import FileSettings, SourceSettings, parse_source
from tasks.objectives.text_classification.columns import layout

LABELS = {"good": "positive", "bad": "negative"}
ROWS = [("one text", "good"), ("another text", "bad"), ("a third text", "odd")]
"""What every example holds: two rows that can be used, and one whose label the recipe does not know."""
BOTH = {"text": "text", "label": "label"}
Section = dict[str, Any]


def delimited(folder: Path) -> Section:
    with (folder / "s.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *ROWS])
    return {"path": "s.csv"}


def jsonl(folder: Path) -> Section:
    (folder / "s.jsonl").write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS))
    return {"path": "s.jsonl"}


def json_document(folder: Path) -> Section:
    (folder / "s.json").write_text(json.dumps({"data": [{"text": text, "label": label} for text, label in ROWS]}))
    return {"path": "s.json", "records": "data"}


def parquet(folder: Path) -> Section:
    pl.DataFrame(ROWS, schema=["text", "label"], orient="row").write_parquet(folder / "s.parquet")
    return {"path": "s.parquet"}


def hub(folder: Path) -> Section:
    (folder / "set").mkdir()
    pl.DataFrame(ROWS, schema=["text", "label"], orient="row").write_parquet(folder / "set" / "train-00000.parquet")
    return {"hub": "set"}


def parallel(folder: Path) -> Section:
    for column, place in (("text", 0), ("label", 1)):
        (folder / f"s.{column}").write_text("".join(row[place] + "\n" for row in ROWS))
    return {"path": {"text": "s.text", "label": "s.label"}}


def text(folder: Path) -> Section:
    for words, label in ROWS:
        (folder / f"{label}.txt").write_text(words + "\n")
    return {"path": "*.txt", "label_from": "name", "columns": {}}


def spreadsheet(folder: Path) -> Section:
    with xlsxwriter.Workbook(folder / "s.xlsx") as book:
        sheet = book.add_worksheet("S")
        for number, row in enumerate([("text", "label"), *ROWS]):
            sheet.write_row(number, 0, row)
    return {"path": "s.xlsx"}


def sql(folder: Path) -> Section:
    with closing(sqlite3.connect(folder / "s.db", isolation_level=None)) as database:
        database.execute("CREATE TABLE rows (text, label)")
        database.executemany("INSERT INTO rows VALUES (?, ?)", ROWS)
    return {"sql": "sqlite:///s.db", "query": "SELECT text, label FROM rows ORDER BY rowid"}


def xml(folder: Path) -> Section:
    rows = "".join(f"<row><text>{text}</text><label>{label}</label></row>\n" for text, label in ROWS)
    (folder / "s.xml").write_text(f"<rows>\n{rows}</rows>\n")
    return {"path": "s.xml", "record": "row"}


def code(folder: Path) -> Section:
    for words, label in ROWS:
        (folder / "set" / label).mkdir(parents=True)
        (folder / "set" / label / "a.py").write_text(f"# {words}\nx = 1\n")
    return {"path": "set/*", "columns": {"text": "text", "label": "path"}, "labels": CODE_LABELS}


CODE_LABELS = {"good/a.py": "positive", "bad/a.py": "negative"}


def image_folder(folder: Path) -> Section:
    for number, (_, label) in enumerate(ROWS):
        (folder / "set" / label).mkdir(parents=True)
        Image.new("RGB", (3, 2), (number, 0, 0)).save(folder / "set" / label / "a.png")
    return {"path": "set", "columns": {"text": "{file_name}", "label": "label"}}


def audio_folder(folder: Path) -> Section:
    for number, (_, label) in enumerate(ROWS):
        (folder / "set" / label).mkdir(parents=True)
        with wave.open(str(folder / "set" / label / "a.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8_000)
            file.writeframes(bytes([number, 1]) * 800)
    return {"path": "set", "columns": {"text": "{file_name}", "label": "label"}}


def warc(folder: Path) -> Section:
    whole = b""
    for words, label in ROWS:
        article = f"<article><p>{(words + ' that is long enough for a page. ') * 12}</p></article>"
        page = f"<html><head><title>{label}</title></head><body>{article}</body></html>".encode()
        content = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page
        head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://x.example/{label}\r\n"
        head += f"WARC-Date: 2024-02-29T12:00:00Z\r\nContent-Length: {len(content)}\r\n\r\n"
        whole += head.encode() + content + b"\r\n\r\n"
    (folder / "s.warc").write_bytes(whole)
    return {"path": "s.warc", "columns": {"text": "text", "label": "title"}}


EXAMPLES: dict[str, Callable[[Path], Section]] = {
    "audio-folder": audio_folder,
    "code": code,
    "delimited": delimited,
    "hub": hub,
    "image-folder": image_folder,
    "json": json_document,
    "jsonl": jsonl,
    "parallel": parallel,
    "parquet": parquet,
    "spreadsheet": spreadsheet,
    "sql": sql,
    "text": text,
    "warc": warc,
    "xml": xml,
}
every_kind = pytest.mark.parametrize("kind", registry.names(kinds))


def example(kind: str, folder: Path) -> SourceSettings:
    section = {"kind": kind, "columns": BOTH, "labels": LABELS, "max_bad": 1} | EXAMPLES[kind](folder)
    return parse_source(section)


def read(settings: SourceSettings, folder: Path, name: str) -> tuple[pl.DataFrame, pl.DataFrame, Outcome]:
    out = folder / "out" / name
    out.mkdir(parents=True)
    outcome = read_source("s", settings, str(folder), layout(("positive", "negative")), out / "rows", out / "bad")
    return pl.read_parquet(out / "rows"), pl.read_parquet(out / "bad"), outcome


@every_kind
def test_good_rows_are_read_and_the_unusable_one_is_counted_with_place_and_reason(kind: str, tmp_path: Path) -> None:
    rows, bad, outcome = read(example(kind, tmp_path), tmp_path, "first")
    assert sorted(rows["label"]) == ["negative", "positive"]
    assert rows["text"].str.len_chars().min() > 0
    assert [row["reason"] for row in bad.to_dicts()] == ["unmapped_label"]
    assert bad["file"][0]
    assert bad["line"][0] >= 1
    account = outcome.account
    assert (account.read, account.rows, account.quarantined) == (3, 2, 1)


@every_kind
def test_the_same_source_gives_the_same_rows_under_the_same_unique_ids(kind: str, tmp_path: Path) -> None:
    settings = example(kind, tmp_path)
    rows, bad, outcome = read(settings, tmp_path, "first")
    again = read(settings, tmp_path, "second")
    assert rows["row_id"].is_unique().all()
    assert rows.equals(again[0])
    assert bad.equals(again[1])
    assert outcome == again[2]


@every_kind
def test_a_probe_of_the_same_source_sees_the_same_and_of_another_something_else(kind: str, tmp_path: Path) -> None:
    settings = example(kind, tmp_path)
    seen = fingerprint("s", settings, str(tmp_path))
    assert seen.files
    assert fingerprint("s", settings, str(tmp_path)) == seen
    if kind == "sql":
        with closing(sqlite3.connect(tmp_path / "s.db", isolation_level=None)) as database:
            database.execute("UPDATE rows SET text = 'new text' WHERE label = 'good'")
    else:
        path = next(path for path in sorted(tmp_path.rglob("*")) if path.is_file())
        path.write_bytes(path.read_bytes() + b"\n")
    assert fingerprint("s", settings, str(tmp_path)) != seen


@every_kind
def test_nothing_is_opened_before_the_first_row_is_asked_for(kind: str, tmp_path: Path) -> None:
    settings, module = example(kind, tmp_path), registry.load(kinds, kind)

    def refuse() -> io.BytesIO:
        raise AssertionError("opened too early")

    if not isinstance(settings, FileSettings):
        for path in tmp_path.rglob("*.*"):
            path.unlink()
        module.part_of(settings, str(tmp_path), ()).read(START)
    elif hasattr(module, "batches_together"):
        module.batches_together([[Opened("a", refuse)], [Opened("b", refuse)]], settings)
    else:
        batches = module.batches(Opened("a.py", refuse), settings)
        with pytest.raises(AssertionError, match="too early"):
            next(batches)
