"""Files that are not as they should be: the right rows or the right error, never a silent loss."""

import gzip
import io
import json
import subprocess
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core.errors import CuveeError, QualityGate, RecipeError
from tasks.ingest.kinds import delimited, jsonl, parallel, text
from tasks.ingest.read import Outcome, read_source
from tasks.ingest.settings import parse_source
from tasks.objectives.text_classification.columns import layout

LABELS = ("negative", "positive")
LAYOUT = layout(LABELS)
MAPPED = {"1": "positive", "0": "negative"}


def read(folder: Path, **section: Any) -> tuple[list[tuple[str, str]], list[tuple[str, int, str]], Outcome]:
    """Give (text, label) of the rows, (file, line, reason) of the bad ones."""
    good, bad = folder / "rows.out", folder / "bad.out"
    outcome = read_source("s", parse_source(section), str(folder), LAYOUT, good, bad)
    rows, lost = pl.read_parquet(good), pl.read_parquet(bad)
    assert outcome.account.read == rows.height + lost.height + sum(outcome.account.dropped.values())
    return rows.select("text", "label").rows(), lost.select("file", "line", "reason").rows(), outcome


def test_csv_that_changes_its_column_count_keeps_the_rows_that_fit(tmp_path: Path) -> None:
    before, after = [f"a{n},positive" for n in range(3)], [f"b{n},x,negative" for n in range(3)]
    (tmp_path / "a.csv").write_text("\n".join(["text,label", *before, *after, "c,negative", ""]))
    rows, bad, _ = read(tmp_path, path="a.csv")
    assert rows == [("a0", "positive"), ("a1", "positive"), ("a2", "positive"), ("c", "negative")]
    assert bad == [("a.csv", line, "bad_fields") for line in (5, 6, 7)]


def test_json_lines_cut_in_the_last_line_lose_that_line_only(tmp_path: Path) -> None:
    whole = '{"text": "a", "label": "positive"}\n' * 3
    (tmp_path / "a.jsonl").write_text(whole[:-5])
    rows, bad, _ = read(tmp_path, path="a.jsonl")
    assert (len(rows), bad) == (2, [("a.jsonl", 3, "bad_json")])


@pytest.mark.parametrize(
    ("name", "line"), [("a.csv", "{},positive"), ("a.jsonl", '{{"text": "{}", "label": "positive"}}'), ("a.txt", "{}")]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_lines_in_another_encoding_go_to_quarantine_whatever_the_line_ends(
    tmp_path: Path, name: str, line: str, end: str, bom: bytes
) -> None:
    lines = [
        line.format("café").encode("utf-8"),
        line.format("café").encode("latin-1"),
        line.format("naïve").encode("utf-8"),
    ]
    head = [b"text,label"] if name == "a.csv" else []
    (tmp_path / name).write_bytes(bom + b"".join(one + end.encode() for one in head + lines))
    fixed = {"label": "positive"} if name == "a.txt" else {}
    rows, bad, _ = read(tmp_path, path=name, **fixed)
    assert [row[0] for row in rows] == ["café", "naïve"]
    assert bad == [(name, 2 + len(head), "bad_encoding")]


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-32", "utf-7", "utf-8-sig", "cp037", "gb18030", "shift_jis", "iso2022_jp"]
)
@pytest.mark.parametrize("block", [5, 8 << 20])
def test_any_encoding_reads_the_same_in_blocks_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, block: int
) -> None:
    for kind in (delimited, jsonl, text):
        monkeypatch.setattr(kind, "BLOCK_BYTES", block)
    words = ["one", "two" if encoding == "cp037" else "日本語", "three"]
    bom = b"\xff\xfe" if encoding == "utf-16-le" else b""
    (tmp_path / "a.csv").write_bytes(
        bom
        + "".join(f"{line}\r\n" for line in ["text,label", *(f"{word},positive" for word in words)]).encode(encoding)
    )
    (tmp_path / "a.jsonl").write_bytes(
        "".join(json.dumps({"text": word, "label": "positive"}, ensure_ascii=False) + "\n" for word in words).encode(
            encoding
        )
    )
    for name in ("a.csv", "a.jsonl"):
        assert [row[0] for row in read(tmp_path, path=name, encoding=encoding)[0]] == words


def test_what_is_no_text_encoding_is_refused() -> None:
    for encoding in ("base64", "rot13", "undefined", "no-such"):
        with pytest.raises(ValueError, match="encoding"):
            parse_source({"path": "a.csv", "encoding": encoding})


def test_utf16_with_a_broken_pair_loses_that_line_only(tmp_path: Path) -> None:
    raw = "text,label\na,positive\nX,positive\nb,negative\n".encode("utf-16").replace(
        "X".encode("utf-16-le"), b"\x00\xd8"
    )
    (tmp_path / "a.csv").write_bytes(raw)
    rows, bad, _ = read(tmp_path, path="a.csv", encoding="utf-16")
    assert rows == [("a", "positive"), ("b", "negative")]
    assert bad == [("a.csv", 3, "bad_encoding")]


def test_a_bad_line_inside_quotes_costs_its_record_not_a_piece_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'text,label\n"one\nt\xe9o\nthree",positive\nfour,negative\n')
    rows, bad, _ = read(tmp_path, path="a.csv")
    assert rows == [("four", "negative")]
    assert bad == [("a.csv", 2, "bad_encoding")]


MEMORY = """
import resource, sys
from pathlib import Path
from tasks.ingest.read import read_source
from tasks.ingest.settings import parse_source
from tasks.objectives.text_classification.columns import layout
folder, name = Path(sys.argv[1]), sys.argv[2]
section = {"path": name} | ({"label": "positive"} if name.endswith(".txt") else {})
import polars, pyarrow.parquet
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
outcome = read_source("s", parse_source(section), str(folder), layout(("negative", "positive")), folder / "rows", folder / "bad")
print(outcome.account.rows, outcome.account.quarantined, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""  # noqa: E501


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv"])
def test_a_line_of_100_mb_is_a_row_in_bounded_memory(tmp_path: Path, name: str) -> None:
    line = {"a.txt": "{}", "a.jsonl": '{{"text": "{}", "label": "positive"}}', "a.csv": "{},positive"}[name]
    lines = [line.format("short"), line.format("word " * 20_000_000), line.format("short")]
    (tmp_path / name).write_text("\n".join((["text,label"] if name == "a.csv" else []) + lines))
    command = [sys.executable, "-c", MEMORY, str(tmp_path), name]
    said = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    ).stdout.split()
    assert said[:2] == ["3", "0"]
    assert int(said[2]) < 1_200, "MB for a row of 100 MB"
    assert pl.scan_parquet(tmp_path / "rows").select(pl.col("text").str.len_bytes()).collect()["text"].to_list() == [
        5,
        100_000_000,
        5,
    ]


def test_a_line_without_an_end_is_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.ingest.blocks.LONGEST_LINE", 1_000)
    monkeypatch.setattr(jsonl, "BLOCK_BYTES", 100)
    (tmp_path / "a.jsonl").write_text('{"text": "' + "x" * 5_000)
    with pytest.raises(QualityGate, match=r"a\.jsonl: line 1 has no end within"):
        read(tmp_path, path="a.jsonl")


@pytest.mark.parametrize("left", [0, 5, 30, 1_000, -1])
def test_gzip_cut_anywhere_is_an_error(tmp_path: Path, left: int) -> None:
    whole = gzip.compress(b"".join(f"line {n} {n * 7919}\n".encode() for n in range(2_000)))
    (tmp_path / "a.txt.gz").write_bytes(whole[:left])
    if left == 0:
        assert read(tmp_path, path="a.txt.gz", label="positive")[0] == []
        return
    with pytest.raises(QualityGate, match="cannot be unpacked to its end"):
        read(tmp_path, path="a.txt.gz", label="positive")


def test_a_spoilt_member_of_an_archive_is_an_error(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.txt", "first line\nsecond line\n")
    (tmp_path / "a.zip").write_bytes(packed.getvalue().replace(b"second", b"SECOND", 1))
    with pytest.raises(QualityGate, match="cannot be unpacked to its end"):
        read(tmp_path, path="a.zip", kind="text", label="positive")


def test_parquet_files_of_other_types_and_column_order_give_the_same_rows(tmp_path: Path) -> None:
    pl.DataFrame({"text": ["a"], "label": [1], "extra": [0.5]}).write_parquet(tmp_path / "1.parquet")
    pl.DataFrame({"label": ["1", "0"], "text": ["b", "c"]}).write_parquet(tmp_path / "2.parquet")
    pl.DataFrame({"label": [[1.0]], "text": [b"d"]}).write_parquet(tmp_path / "3.parquet")
    rows, bad, _ = read(tmp_path, path="*.parquet", labels=MAPPED | {"1.0": "positive"})
    assert rows == [("a", "positive"), ("b", "positive"), ("c", "negative"), ("d", "positive")]
    assert not bad


def test_a_second_file_without_the_column_is_named(tmp_path: Path) -> None:
    pl.DataFrame({"text": ["a"], "label": ["positive"]}).write_parquet(tmp_path / "1.parquet")
    pl.DataFrame({"body": ["b"], "label": ["positive"]}).write_parquet(tmp_path / "2.parquet")
    with pytest.raises(
        RecipeError, match=r"2\.parquet: sources\.s\.columns\.text: there is no column 'text'; .*known: body, label"
    ):
        read(tmp_path, path="*.parquet")


def test_numbers_dates_and_nested_values_are_written_alike_in_every_format(tmp_path: Path) -> None:
    columns = {
        "text": ["x"],
        "n": [7],
        "f": [0.5],
        "yes": [True],
        "day": [date(2024, 2, 29)],
        "at": [datetime(2024, 2, 29, 12, 30)],
        "list": [[1, 2]],
        "deep": [{"a": [1, 2], "b": None}],
        "none": [None],
    }
    pl.DataFrame(columns).write_parquet(tmp_path / "a.parquet")
    values = {name: str(value[0]) if name in ("day", "at") else value[0] for name, value in columns.items()}
    (tmp_path / "a.jsonl").write_text(json.dumps(values))
    (tmp_path / "a.json").write_text(json.dumps([values]))
    template = {"columns": {"text": "{n}|{f}|{yes}|{day}|{list}|{deep}|{none}"}, "label": "positive"}
    told = {name: read(tmp_path, path=name, **template)[0] for name in ("a.parquet", "a.jsonl", "a.json")}
    assert told["a.jsonl"] == told["a.json"] == [('7|0.5|true|2024-02-29|[1, 2]|{"a": [1, 2], "b": null}|', "positive")]
    assert told["a.parquet"][0][0].startswith("7|0.5|true|2024-02-29|[1, 2]|")
    assert read(tmp_path, path="a.parquet", label="positive", columns={"text": "at"})[0][0][0].startswith(
        "2024-02-29 12:30:00"
    )


def test_numbers_as_texts_compare_as_numbers_and_what_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label,n\na,1, 9\nb,1,10\nc,0,\n")
    (tmp_path / "b.csv").write_text("text,label,n\nd,1,many\ne,1,11\n")
    rows, bad, outcome = read(tmp_path, path="*.csv", where="n > 9.5", labels=MAPPED)
    assert rows == [("b", "positive"), ("e", "positive")]
    assert bad == [("b.csv", 2, "bad_where_value")]
    assert outcome.account.dropped == {"where": 2}
    assert outcome.bad.examples == ("b.csv:2: bad_where_value (n is no number: many)",)


@pytest.mark.parametrize("condition", ["n > AVG(n)", "SUM(n) OVER (PARTITION BY label) > 1", "COUNT(*) > 1"])
def test_a_condition_over_many_rows_is_refused(tmp_path: Path, condition: str) -> None:
    (tmp_path / "a.csv").write_text("text,label,n\na,positive,9\n")
    with pytest.raises(RecipeError, match="looks at more than one row"):
        read(tmp_path, path="a.csv", where=condition)


def test_columns_that_share_a_name_are_told_apart_in_every_format(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label,text\na,positive,b\n")
    table = pa.Table.from_arrays(
        [pa.array(["a"]), pa.array(["positive"]), pa.array(["b"])], names=["text", "label", "text"]
    )
    pq.write_table(table, tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        assert read(tmp_path, path=name, columns={"text": "text.1"})[0] == [("b", "positive")]


def test_column_names_that_could_mean_something_else_are_only_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("^.*$,label,__text,__line,__reason\na,positive,b,c,d\n")
    assert read(tmp_path, path="a.csv", columns={"text": "^.*$"})[0] == [("a", "positive")]
    (tmp_path / "a.jsonl").write_text('{"^.*$": "a", "label": "positive", "__text": "b", "__line": "c", "": 1}\n')
    assert read(tmp_path, path="a.jsonl", columns={"text": "^.*$"})[0] == [("a", "positive")]
    pl.DataFrame({"^.*$": ["a"], "label": ["positive"], "__line": [1], "": [1]}).write_parquet(tmp_path / "a.parquet")
    assert read(tmp_path, path="a.parquet", columns={"text": "^.*$"})[0] == [("a", "positive")]


def test_a_json_line_without_a_key_that_others_have_is_one_bad_row_wherever_blocks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "BLOCK_BYTES", 20)
    (tmp_path / "a.jsonl").write_text(
        '{"text": "a", "label": "positive"}\n{"text": "b"}\n{"label": "positive"}\n{"text": "c", "label": "negative"}\n'
    )
    rows, bad, _ = read(tmp_path, path="a.jsonl")
    assert [row[0] for row in rows] == ["a", "c"]
    assert [row[1:] for row in bad] == [(2, "missing_label"), (3, "missing_text")]


TOKENS = st.sampled_from(
    [
        '"',
        '""',
        ",",
        "||",
        "\n",
        "\r\n",
        "\r",
        "\x00",
        "\ufeff",
        "a",
        "é",
        "positive",
        "1",
        "-0",
        "1e999",
        "NaN",
        "{",
        "}",
        "[",
        "]",
        ":",
        "null",
        "true",
        '{"text": "a", "label": "positive"}',
        '{"text": "a", "text": "b", "label": "positive"}',
        '{"label": ["positive"], "text": 12345678901234567890123}',
        '"\\ud800"',
        '{"\\udfff": 1}',
        "\\",
        " ",
        "\u2028",
        "\x85",
    ]
)
FUZZ = st.lists(TOKENS, max_size=25).map("".join).map(lambda it: it.encode("utf-8", "surrogatepass")) | st.binary(
    max_size=80
)
READERS: dict[str, dict[str, Any]] = {
    "csv": {"kind": "delimited"},
    "no header": {"kind": "delimited", "header": False, "columns": {"text": 0, "label": 0}},
    "wide delimiter": {"kind": "delimited", "delimiter": "||", "header": False, "columns": {"text": 0, "label": 0}},
    "overflow": {
        "kind": "delimited",
        "quoting": False,
        "overflow": "last",
        "header": False,
        "fields": 2,
        "columns": {"text": 1, "label": 0},
    },
    "jsonl": {"kind": "jsonl"},
    "jsonl where": {"kind": "jsonl", "where": "text > 1"},
    "json": {"kind": "json"},
    "json way": {"kind": "json", "records": "text.a"},
    "text": {"kind": "text", "label": "positive"},
    "file": {"kind": "text", "record": "file", "label": "positive"},
    "parallel": {"path": {"text": "fuzz", "label": "fuzz"}},
    "parquet": {"kind": "parquet"},
}


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16", "gb18030"])
@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=FUZZ, start=st.booleans(), block=st.sampled_from([3, 40, 8 << 20]))
def test_any_file_in_any_blocks_gives_sums_that_agree_or_an_expected_error(
    tmp_path: Path, reader: str, encoding: str, raw: bytes, start: bool, block: int
) -> None:
    head = (
        {"csv": "text,label\n", "jsonl": '{"text": "a", "label": "positive"}\n'}.get(reader, "").encode(encoding)
        if start
        else b""
    )
    (tmp_path / "fuzz").write_bytes(head + raw)
    found: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        for size in (block, 8 << 20):
            for kind in (delimited, jsonl, parallel, text):
                patch.setattr(kind, "BLOCK_BYTES", size)
            try:
                found.append(read(tmp_path, **({"path": "fuzz", "encoding": encoding} | READERS[reader]))[:2])
            except CuveeError as error:
                found.append(str(error))
    assert found[0] == found[1] or "there is no column" in str(found), "blocks of another size give the same"
