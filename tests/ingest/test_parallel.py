"""Parallel text: line n of every file is record n, whatever is wrong with a line."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core.errors import QualityGate
from tasks.ingest.kinds import parallel
from tasks.ingest.settings import parse_source

BOTH = {"text": "{en}|{de}"}
LABELLED = {"text": "a.txt", "label": "a.lab"}


def test_real_translations_stay_together(read: Callable[..., Any], shared_data: Path) -> None:
    files = {language: str(shared_data / f"mt/multi30k/val.{language}.gz") for language in ("en", "de", "fr")}
    found = read(path=files, columns={"text": "{en}|{de}|{fr}"})
    english, german, french = (
        gzip.decompress(Path(file).read_bytes()).decode().splitlines() for file in files.values()
    )
    assert found.texts == ["|".join(lines) for lines in zip(english, german, french, strict=True)]
    assert found.rows["row_id"][7] == "val.en.gz:8"


def test_labels_in_a_second_file_are_parallel_text(read: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "a.lab").write_text("1\n0")
    found = read(path=LABELLED, labels={1: "positive", 0: "negative"})
    assert found.rows.select("text", "label").rows() == [("one", "positive"), ("two", "negative")]


@pytest.mark.parametrize(("more", "told"), [("x\n", "a.txt 2, a.lab 3"), ("x\n" * 70_000, "a.txt 2, a.lab 70,002")])
def test_files_that_differ_in_length_are_refused_with_the_numbers(
    read: Callable[..., Any], tmp_path: Path, more: str, told: str
) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "a.lab").write_text("1\n0\n" + more)
    with pytest.raises(QualityGate, match=told):
        read(path=LABELLED, labels={1: "positive", 0: "negative"})


def test_a_bad_line_costs_its_pair_and_moves_no_other(read: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.en").write_bytes(b"one\ntwo\n\nfour\n\nsix\n")
    (tmp_path / "a.de").write_bytes(b"eins\nzw\xe9i\ndrei\nvier\n\n  \n")
    found = read(path={"en": "a.en", "de": "a.de"}, columns=BOTH)
    assert found.texts == ["one|eins", "four|vier"]
    assert found.bad == [
        ("a.en", 2, "bad_encoding"),
        ("a.en", 3, "blank_line"),
        ("a.en", 5, "missing_text"),
        ("a.en", 6, "blank_line"),
    ]


def test_globs_are_paired_by_name_and_must_match_in_number(read: Callable[..., Any], tmp_path: Path) -> None:
    for name in ("1.en", "2.en", "1.de", "2.de"):
        (tmp_path / name).write_text(f"{name}\n")
    assert read(path={"en": "*.en", "de": "*.de"}, columns=BOTH).texts == ["1.en|1.de", "2.en|2.de"]
    (tmp_path / "3.de").write_text("3\n")
    with pytest.raises(QualityGate, match=r"equally many files.*en 2, de 3"):
        read(path={"en": "*.en", "de": "*.de"}, columns=BOTH)


def test_a_file_cut_short_is_named(read: Callable[..., Any], tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(f"line {n} {n * 7919}\n".encode() for n in range(2_000)))
    (tmp_path / "a.en.gz").write_bytes(whole)
    (tmp_path / "a.de.gz").write_bytes(whole[:-100])
    with pytest.raises(QualityGate, match=r"a\.de\.gz: the file cannot be unpacked"):
        read(path={"en": "a.en.gz", "de": "a.de.gz"}, columns=BOTH)


@pytest.mark.parametrize(
    "path", [{"en": "a"}, {"en": "a", "__line": "b"}, {"en": "https://me:secret@example.org/a", "de": "b"}]
)
def test_columns_that_cannot_be_are_refused(path: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"at least 2|another name|no credentials"):
        parse_source({"path": path})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pairs=st.lists(
        st.tuples(*[st.sampled_from([b"a", b"b c", b"", b" ", b"\xff", b"x\r", b"\xe2\x80\xa8"])] * 2), max_size=12
    ),
    block=st.sampled_from([2, 5, 9999]),
)
def test_every_pair_is_a_row_or_a_bad_row_of_its_number(
    read: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pairs: list[tuple[bytes, bytes]],
    block: int,
) -> None:
    monkeypatch.setattr(parallel, "BLOCK_BYTES", block)
    monkeypatch.setattr(parallel, "BATCH_ROWS", block)
    for name, column in zip(("a.en", "a.de"), ([pair[0] for pair in pairs], [pair[1] for pair in pairs]), strict=True):
        (tmp_path / name).write_bytes(b"".join(line + b"\n" for line in column))
    found = read(path={"en": "a.en", "de": "a.de"}, columns=BOTH)
    assert found.outcome.account.read == len(pairs)
    for row_id, text in found.rows.select("row_id", "text").rows():
        pair = pairs[int(row_id.rpartition(":")[2]) - 1]
        assert text == "|".join(line.decode().removesuffix("\r") for line in pair)
