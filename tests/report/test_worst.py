"""The rows that a model is furthest from: those of the largest loss, with what was to be said and what was, cut."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.objectives.parts import columns_of, measures_of
from tasks.report.samples import LONGEST
from tasks.report.worst import Missed, worst_rows
from tasks.rows.layout import ANSWERS, MESSAGES

CHAT = [{"role": "user", "content": "why"}, {"role": "assistant", "content": "so"}]
ROWS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, str | None, str | None]]] = {
    "text-classification": ({"text": "a", "label": "yes"}, {"predicted": "no"}, ("a", "yes", "no")),
    "multi-label-classification": (
        {"text": "a", "labels": ["no", "yes"]},
        {"predicted": ["no"]},
        ("a", "no, yes", "no"),
    ),
    "pair-classification": ({"text": "a", "pair": "b", "label": "yes"}, {"predicted": "no"}, ("a\nb", "yes", "no")),
    "regression": ({"text": "a", "value": 4.0}, {"predicted": 2.25}, ("a", "4", "2.25")),
    "token-classification": (
        {"words": ["a", "b"], "tags": ["O", "O"]},
        {"predicted": ["O", "B-X"], "words": 2},
        ("a b", "O, O", "O, B-X"),
    ),
    "question-answering": (
        {"question": "who", "context": "Ana is", "answers": {"text": ["Ana"], "answer_start": [0]}},
        {"predicted": "is"},
        ("who\nAna is", "Ana", "is"),
    ),
    "sequence-to-sequence": (
        {"text": "a", "target": "b"},
        {"written": "c", "tokens": 2},
        ("a", "b", "c"),
    ),
    "instruction-tuning": ({"messages": CHAT}, {"written": "no", "tokens": 2}, ("why\nso", None, "no")),
    "language-modelling": ({"text": "a", "label": None}, {"tokens": 2}, ("a", None, None)),
    "masked-language-modelling": ({"text": "a", "label": None}, {"tokens": 2}, ("a", None, None)),
}
TYPES = {"answers": ANSWERS, "messages": MESSAGES, "label": pl.String}


def missed(folder: Path, task: str, losses: dict[str, float], count: int = 8) -> list[Missed]:
    """Ask for the worst of rows that are all alike but for their losses, by id."""
    row, said, _ = ROWS[task]
    types = {name: TYPES[name] for name in row if name in TYPES}
    rows = pl.DataFrame([{"row_id": name, "source": "s", **row} for name in losses], schema_overrides=types)
    rows.write_parquet(folder / "rows.parquet")
    table = pl.DataFrame([{"row_id": name, "source": "s", "loss": loss, **said} for name, loss in losses.items()])
    table.write_parquet(folder / "predictions.parquet")
    layout = columns_of(task).layout(("no", "yes"))
    files = [folder / "rows.parquet"], folder / "predictions.parquet"
    return worst_rows(*files, layout, measures_of(task).weighs, count)


@pytest.mark.parametrize("task", ROWS)
def test_the_largest_losses_come_first_with_what_was_to_be_said(task: str, tmp_path: Path) -> None:
    found = missed(tmp_path, task, {"a": 1.0, "b": 3.0, "c": 2.0}, 2)
    assert [one.row_id for one in found] == ["b", "c"]
    assert {(one.text, one.label, one.answer) for one in found} == {ROWS[task][2]}
    assert found[0].loss == (1.5 if measures_of(task).weighs else 3.0), "of one of its words or tokens"


def test_long_texts_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = {"text": "word " * 200, "label": "yes"}, {"predicted": "no"}, ("", None, None)
    monkeypatch.setitem(ROWS, "text-classification", long)
    (found,) = missed(tmp_path, "text-classification", {"a": 1.0})
    assert len(found.text) <= LONGEST + 2
