"""Cells that hold more than a text: what is read, in whatever form a format gives it, and what is refused."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.layout import Layout, Role
from tasks.ingest.cells import read_cells
from tasks.ingest.map import Mapped, Mapper
from tasks.ingest.read import batches
from tasks.ingest.settings import parse_source
from tasks.ingest.unread import told

TAGS = ("O", "B-PER", "I-PER")
VALUE = (Role(name="text"), Role(name="value", holds="value"))
LABELS = (Role(name="text"), Role(name="labels", holds="labels", values=("bad", "good", "new")))
WORDS = (Role(name="words", holds="words"), Role(name="tags", holds="tags", values=TAGS, of="words"))
ANSWERS = (Role(name="question"), Role(name="context"), Role(name="answers", holds="answers", of="context"))
CONTEXT = "Ana 🐕 lives in São Paulo, in Brazil."


def laid(roles: tuple[Role, ...]) -> Layout:
    first = roles[-2].name
    return Layout(roles=roles, texts=(first,), compared=(first,), key=(first,), match=(first,))


def read(roles: tuple[Role, ...], **cells: str | None) -> tuple[Any, str | None]:
    """What the last role holds of a record, and why it does not."""
    known = {label: label for label in roles[-1].values}
    held = pl.DataFrame({role.name: [cells.get(role.name, "x")] for role in roles}, schema_overrides={"x": pl.String})
    found = read_cells(held, laid(roles), lambda _: known)
    return found.values[roles[-1].name].to_list()[0], found.reason[0]


@pytest.mark.parametrize(
    ("cell", "value", "reason"),
    [
        ("3.5", 3.5, None),
        (" -4 ", -4.0, None),
        ("1e-3", 0.001, None),
        ("", None, "missing_value"),
        (None, None, "missing_value"),
        ("nan", None, "bad_value"),
        ("inf", None, "bad_value"),
        ("3,5", None, "bad_value"),
        ("three", None, "bad_value"),
    ],
)
def test_a_number_is_read_and_what_is_none_is_refused(
    cell: str | None, value: float | None, reason: str | None
) -> None:
    assert read(VALUE, value=cell) == (value, reason)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_as_it_was_written(number: float) -> None:
    assert read(VALUE, value=json.dumps(number)) == (number, None)


@pytest.mark.parametrize(
    ("cell", "labels", "reason"),
    [
        ('["new", "bad"]', ["bad", "new"], None),
        ('["good", "good"]', ["good"], None),
        ("[]", [], None),
        ("good", ["good"], None),
        ("good,new", ["good", "new"], None),
        ("new; bad", ["bad", "new"], None),
        ("good|bad", ["bad", "good"], None),
        ("", None, "missing_labels"),
        ('["good", "odd"]', None, "unmapped_label"),
        ("good,odd", None, "unmapped_label"),
        ('[["good"]]', None, "bad_labels"),
    ],
)
def test_several_labels_are_read_in_the_order_of_the_label_set(
    cell: str, labels: list[str] | None, reason: str | None
) -> None:
    assert read(LABELS, labels=cell) == (labels, reason)


@pytest.mark.parametrize(
    ("words", "tags", "held", "reason"),
    [
        ('["Ana", "sleeps"]', '["B-PER", "O"]', ["B-PER", "O"], None),
        ("Ana sleeps", "B-PER O", ["B-PER", "O"], None),
        ('["Ana", "sleeps"]', '["B-PER"]', None, "tags_not_words"),
        ('["Ana"]', "B-PER", ["B-PER"], None),
        ('["Ana"]', '["B-LOC"]', None, "unmapped_label"),
        ("[]", "[]", None, "missing_words"),
        ('["a", null]', '["O", "O"]', None, "bad_words"),
    ],
)
def test_tags_are_as_many_as_words(words: str, tags: str, held: list[str] | None, reason: str | None) -> None:
    assert read(WORDS, words=words, tags=tags) == (held, reason)


@pytest.mark.parametrize(
    ("cell", "starts", "reason"),
    [
        ({"text": ["São Paulo"], "answer_start": [15]}, [15], None),
        ([{"text": "São Paulo", "answer_start": 15}, {"text": "Brazil", "answer_start": 29}], [15, 29], None),
        ({"text": "Brazil", "answer_start": 29}, [29], None),
        ({"text": ["in"]}, [12], None),
        (["Brazil"], [29], None),
        ({"text": ["São Paulo"], "answer_start": [16]}, None, "answer_not_in_context"),
        ({"text": ["Lima"], "answer_start": [0]}, None, "answer_not_in_context"),
        ({"text": ["paulo,"], "answer_start": [-7]}, None, "answer_not_in_context"),
        ({"text": [], "answer_start": []}, None, "missing_answers"),
        ({"text": ["a", "b"], "answer_start": [1]}, None, "bad_answers"),
        ({"text": [3], "answer_start": [1]}, None, "bad_answers"),
        ({"answer": "Lima"}, None, "bad_answers"),
    ],
)
def test_answers_stand_where_they_are_said_to(cell: object, starts: list[int] | None, reason: str | None) -> None:
    held, why = read(ANSWERS, context=CONTEXT, answers=json.dumps(cell))
    assert why == reason
    assert (held and held["answer_start"]) == starts
    for text, start in zip(held["text"], held["answer_start"], strict=True) if held else ():
        assert CONTEXT[start : start + len(text)] == text


ROWS = [
    {"w": ["Ana", "sleeps"], "t": [1, 0]},
    {"w": ["Bo"], "t": [1]},
    {"w": ["Cy", "Dee", "run"], "t": [1, 2, 0]},
    {"w": ["Eve", "too"], "t": [1]},
]


def mapped(path: Path, roles: tuple[Role, ...], **more: object) -> Mapped:
    settings = parse_source({"path": str(path), **more})
    mapper = Mapper("s", settings, laid(roles))
    return mapper([mapper.complete(batch) for batch in batches(settings, "")])


@pytest.mark.parametrize("suffix", ["jsonl", "parquet", "csv", "json"])
def test_lists_come_alike_from_every_format(tmp_path: Path, suffix: str) -> None:
    path, frame = tmp_path / f"rows.{suffix}", pl.DataFrame(ROWS)
    if suffix == "parquet":
        frame.write_parquet(path)
    elif suffix == "csv":
        pl.DataFrame([{name: json.dumps(held) for name, held in row.items()} for row in ROWS]).write_csv(path)
    else:
        text = json.dumps(ROWS) if suffix == "json" else "".join(json.dumps(row) + "\n" for row in ROWS)
        path.write_text(text)
    columns = {"words": "w", "tags": "t"}
    found = mapped(path, WORDS, columns=columns, labels={0: "O", 1: "B-PER", 2: "I-PER"})
    assert found.rows.schema["words"] == found.rows.schema["tags"] == pl.List(pl.String)
    assert found.rows["words"].to_list() == [row["w"] for row in ROWS[:3]]
    assert found.rows["tags"].to_list() == [[TAGS[int(tag)] for tag in row["t"]] for row in ROWS[:3]]
    assert found.bad["reason"].to_list() == ["tags_not_words"]
    assert found.bad["detail"].to_list() == ["2 words, 1 tags"]


def test_labels_that_are_left_out_on_purpose_leave_out_rows_that_have_no_other(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('text,labels\na,1\nb,"1,2"\nc,2\nd,9\n')
    found = mapped(tmp_path / "rows.csv", LABELS, labels={1: "good", 2: None})
    assert found.rows["labels"].to_list() == [["good"], ["good"]]
    assert found.bad["reason"].to_list() == ["unmapped_label"]
    assert found.bad["detail"].to_list() == ["label 9"]
    assert sum(tally.dropped["label_left_out"] for tally in found.tallies) == 1


def test_one_label_for_all_rows_is_a_set_of_one(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text\na\n")
    assert mapped(tmp_path / "rows.csv", LABELS, label="good").rows["labels"].to_list() == [["good"]]


def test_squad_is_read_as_it_is_published(tmp_path: Path) -> None:
    """Nested: questions in paragraphs in articles."""
    question = {"id": "1", "question": "Where?", "answers": [{"text": "São Paulo", "answer_start": 15}]}
    wrong = {"id": "2", "question": "Who?", "answers": [{"text": "Eva", "answer_start": 0}]}
    paragraph = {"context": CONTEXT, "qas": [question, wrong]}
    document = {"version": "1.1", "data": [{"title": "Ana", "paragraphs": [paragraph]}]}
    (tmp_path / "squad.json").write_text(json.dumps(document))
    found = mapped(tmp_path / "squad.json", ANSWERS, records="data.paragraphs.qas")
    assert found.rows["answers"].to_list() == [{"text": ["São Paulo"], "answer_start": [15]}]
    assert found.bad["reason"].to_list() == ["answer_not_in_context"]


@pytest.mark.parametrize(
    ("detail", "line"), [("", "a.csv:3: bad"), ("2 words, 1 tags", "a.csv:3: bad (2 words, 1 tags)")]
)
def test_a_bad_row_is_told_with_its_detail_where_there_is_one(detail: str, line: str) -> None:
    assert told({"file": "a.csv", "line": 3, "reason": "bad", "detail": detail}) == line
