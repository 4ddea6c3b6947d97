"""The first batch is shown as the model sees it, and what is learned is marked with colours and without."""

import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from flows.cli import render_batch
from tasks.core.layout import Role
from tasks.core.records import Objective
from tasks.manifests.batch import Part, ShownBatch, ShownExample
from tasks.objectives.parts import columns_of, guess_of
from tasks.rows.layout import cleaned_schema
from tasks.train.settings import BuiltModel, TrainSettings
from tasks.train.shown import first_batch


def held(role: Role, number: int) -> Any:
    said = f"number {number} " * (number + 1)
    if role.holds == "messages":
        return [{"role": "user", "content": f"question {number}"}, {"role": "assistant", "content": said.strip()}]
    if role.holds == "answers":
        return {"text": [str(number)], "answer_start": [len("number ")]}
    words = said.split()
    tags = ["a" if word == "number" else "b" for word in words]
    kinds = {"text": said.strip(), "words": words, "tags": tags, "labels": ["a", "b"][: number % 3]}
    return {"nothing": None, "label": "ab"[number % 2], "value": number / 2, **kinds}[role.holds]


def shown(task: str, folder: Path, labels: tuple[str, ...] = (), sources: str = "ssssss") -> ShownBatch:
    layout = columns_of(task).layout(labels)
    roles = {role.name: [held(role, row) for row in range(6)] for role in layout.roles}
    table = {"row_id": [f"f:{row}" for row in range(6)], "source": [*sources], **roles, "tokens": [1] * 6}
    pl.DataFrame(table, schema=cleaned_schema(layout)).write_parquet(folder / "mix.parquet")
    model = BuiltModel(vocabulary=400, **guess_of(task).model(64))
    settings = TrainSettings(model=model, max_tokens=64, batch_size=3)
    return first_batch([folder / "mix.parquet"], settings, Objective(task=task, labels=labels), 0, ".")


def test_of_a_chat_the_answer_is_marked(tmp_path: Path) -> None:
    batch = shown("instruction-tuning", tmp_path)
    assert len(batch.examples) == 3
    for example in batch.examples:
        number = int(example.row_id.partition(":")[2])
        question = f"user\nquestion {number}<|endoftext|>assistant\n"
        answer = f"{(f'number {number} ' * (number + 1)).strip()}<|endoftext|>"
        assert example.parts == (Part(text=question, learned=False), Part(text=answer, learned=True))


def test_of_a_text_all_is_marked_but_what_begins_it(tmp_path: Path) -> None:
    batch = shown("language-modelling", tmp_path)
    assert batch.learned == batch.tokens - 3
    first, rest = batch.examples[0].parts
    assert (first, rest.learned) == (Part(text="<|endoftext|>", learned=False), True)


def test_covered_tokens_are_marked_and_stand_there_as_they_are_to_be_found(tmp_path: Path) -> None:
    batch = shown("masked-language-modelling", tmp_path)
    assert 0 < batch.learned < batch.tokens
    assert all("[MASK]" not in part.text for one in batch.examples for part in one.parts)


def test_what_is_written_stands_behind_what_is_read(tmp_path: Path) -> None:
    batch = shown("sequence-to-sequence", tmp_path)
    for example in batch.examples:
        read, written = example.parts
        assert (read.learned, written.learned, read.text) == (False, True, written.text)


LABELLED = ("text-classification", "pair-classification", "multi-label-classification", "regression")


@pytest.mark.parametrize("task", LABELLED)
def test_labels_and_numbers_stand_behind_the_text_by_their_names(task: str, tmp_path: Path) -> None:
    batch = shown(task, tmp_path, () if task == "regression" else ("a", "b"))
    sets = ["none of the labels", "a", "a, b"]
    for example in batch.examples:
        number = int(example.row_id.partition(":")[2])
        text, said = example.parts
        wanted = {"regression": f"{number / 2:g}", "multi-label-classification": sets[number % 3]}
        assert said == Part(text=wanted.get(task, "ab"[number % 2]), learned=True)
        assert f"number {number}" in text.text
        assert not text.learned
    assert batch.learned == 0


def test_every_word_has_its_tag_behind_it(tmp_path: Path) -> None:
    batch = shown("token-classification", tmp_path, ("a", "b"))
    for example in batch.examples:
        number = int(example.row_id.partition(":")[2])
        read = "".join(f"<{part.text}>" if part.learned else part.text for part in example.parts)
        assert read.split()[1:-1] == ["number", "<a>", str(number), "<b>"] * (number + 1)
    assert batch.learned == sum(2 * int(example.row_id[2:]) + 2 for example in batch.examples)


def test_an_answer_is_marked_in_its_context(tmp_path: Path) -> None:
    for example in shown("question-answering", tmp_path).examples:
        assert [part.text.strip() for part in example.parts if part.learned] == [example.row_id[2:]]


def test_of_a_source_that_the_batch_has_nothing_of_the_first_is_shown_with_its_step(tmp_path: Path) -> None:
    batch = shown("text-classification", tmp_path, ("a", "b"), "sssuuu")
    assert [one.step for one in batch.examples] == [1, 1, 1]
    there = {one.source for one in batch.examples}
    assert there == {"s"}, "rows of like length stand together"
    assert [(one.source, one.step) for one in batch.later] == [("u", 2)]


@pytest.mark.parametrize(
    ("colours", "marked"), [(None, "why?\\x1b[31m⟦so⟧"), ("standard", "why?\\x1b[31m\x1b[1;32mso\x1b[0m")]
)
def test_what_is_learned_is_coloured_or_between_brackets_and_no_text_is_obeyed(
    colours: Any, marked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.StringIO()
    console = Console(
        file=out, color_system=colours, force_terminal=bool(colours), highlight=False, markup=False, width=200
    )
    monkeypatch.setattr(render_batch, "console", console)
    parts = (Part(text="why?\x1b[31m", learned=False), Part(text="so", learned=True))
    example = ShownExample(source="[bold]s", row_id="f:1", step=1, parts=parts)
    batch = ShownBatch(examples=(example, example), later=(example,), longest=4, tokens=6, learned=2)
    render_batch.first_batch(batch)
    assert marked in out.getvalue()
    assert "[bold]s  f:1" in out.getvalue()
    assert "[bold]s  f:1  first of this source, in step 1" in out.getvalue()
    assert "2 examples of 6 tokens, of which 2 are learned; 2 more fill the shorter ones up to 4" in out.getvalue()
