"""Whatever stands in a file: the right rows or the right error, and every record is in exactly one place."""

import datetime
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core import registry
from tasks.core.errors import CuveeError, QualityGate, RecipeError, Unreachable
from tasks.ingest import kinds as source_kinds
from tasks.ingest.kinds import delimited
from tasks.ingest.preview import preview
from tasks.ingest.read import Outcome, read_source, refuse
from tasks.ingest.settings import BY_KEY, SourceSettings
from tasks.ingest.task import ingest_source, probe_source
from tasks.objectives.text_classification.columns import layout
from tasks.rows.emptied import why_empty

LABELS = ("negative", "positive")
LAYOUT = layout(LABELS)


def source(**section: Any) -> SourceSettings:
    from tasks.ingest.settings import parse_source

    return parse_source(section)


def read(folder: Path, **section: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]], Outcome]:
    out = folder / "out"
    out.mkdir(exist_ok=True)
    outcome = read_source("s", source(**section), str(folder), LAYOUT, out / "rows.parquet", out / "bad.parquet")
    return pl.read_parquet(out / "rows.parquet").to_dicts(), pl.read_parquet(out / "bad.parquet").to_dicts(), outcome


def texts(rows: list[dict[str, Any]]) -> list[str]:
    return [row["text"] for row in rows]


def test_csv_with_header_quotes_and_line_breaks_in_fields(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(
        b'\xef\xbb\xbftext,label\r\n"one, two",positive\r\n"say ""hi""\r\nthere",negative\r\nlast,positive\r\n'
    )
    rows, bad, outcome = read(tmp_path, path="a.csv")
    assert [row["text"].replace("\r", "") for row in rows] == ["one, two", 'say "hi"\nthere', "last"]
    assert [row["row_id"] for row in rows] == ["a.csv:2", "a.csv:3", "a.csv:5"]
    assert not bad
    assert outcome.account.read == 3


def test_line_with_wrong_number_of_fields_goes_to_quarantine(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("text\tlabel\na\tpositive\nb\tpositive\textra\nc\tnegative\n")
    rows, bad, _ = read(tmp_path, path="a.tsv")
    assert texts(rows) == ["a", "c"]
    assert [(row["file"], row["line"], row["reason"], row["detail"]) for row in bad] == [
        ("a.tsv", 3, "bad_fields", "3 fields, want 2")
    ]


def test_unclosed_quote_costs_one_line_not_the_file(tmp_path: Path) -> None:
    lines = ["text,label", '"never closed,positive', *[f"row {n},negative" for n in range(3000)]]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    rows, bad, _ = read(tmp_path, path="a.csv")
    assert len(rows) == 3000
    assert [(row["line"], row["reason"]) for row in bad] == [(2, "bad_fields")]


def test_quoted_field_may_cross_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 16)
    (tmp_path / "a.csv").write_text('text,label\n"first line\nsecond line\nthird line",positive\nplain,negative\n')
    assert texts(read(tmp_path, path="a.csv")[0]) == ["first line\nsecond line\nthird line", "plain"]


@pytest.mark.parametrize(
    ("raw", "section", "wanted"),
    [
        (b"a||b||positive\n", {"delimiter": "||", "header": False, "columns": {"text": 1, "label": 2}}, ["b"]),
        (
            b"t1;positive;a;b\n",
            {
                "delimiter": ";",
                "header": False,
                "quoting": False,
                "overflow": "last",
                "fields": 3,
                "columns": {"text": 2, "label": 1},
            },
            ["a;b"],
        ),
        (
            b"a@b@positive\n",
            {
                "delimiter": "@",
                "header": False,
                "quoting": False,
                "overflow": "first",
                "fields": 2,
                "columns": {"text": 0, "label": 1},
            },
            ["a@b"],
        ),
        (
            "caf\xe9,positive\n".encode("latin-1"),
            {"encoding": "latin-1", "header": False, "columns": {"text": 0, "label": 1}},
            ["café"],
        ),
        ("text,label\né,positive\n".encode("utf-16"), {"encoding": "utf-16"}, ["é"]),
    ],
)
def test_delimiters_and_encodings(tmp_path: Path, raw: bytes, section: dict[str, Any], wanted: list[str]) -> None:
    (tmp_path / "a.csv").write_bytes(raw)
    assert texts(read(tmp_path, path="a.csv", **section)[0]) == wanted


def test_columns_of_one_name_are_told_apart() -> None:
    assert delimited.unique(["a", "a", "", "b", "a"]) == ["a", "a.1", "2", "b", "a.2"]


def test_json_lines_careful_and_fast_reading_agree(tmp_path: Path) -> None:
    records = [{"text": f"row {n}", "label": "positive", "n": n, "flag": n % 2 == 0} for n in range(50)]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(record) for record in records))
    (tmp_path / "b.jsonl").write_text("\n".join([*(json.dumps(record) for record in records), "{broken"]))
    fast, _, _ = read(tmp_path, path="a.jsonl", where="n >= 10 AND flag = 'true'")
    careful, bad, outcome = read(tmp_path, path="b.jsonl", where="n >= 10 AND flag = 'true'")
    assert texts(fast) == texts(careful) == [f"row {n}" for n in range(10, 50, 2)]
    assert [(row["line"], row["reason"]) for row in bad] == [(51, "bad_json")]
    assert outcome.account.dropped == {"where": 30}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "\\ud800 half", "label": "positive"}', "bad_encoding"),
        (b'{"text": "caf\xe9", "label": "positive"}', "bad_encoding"),
        (b'["a list"]', "bad_json"),
        (b'{"text": "cut', "bad_json"),
        (b'{"text": "x", "label": "mixed"}', "unmapped_label"),
        (b'{"text": "x", "label": null}', "missing_label"),
        (b'{"text": null, "label": "positive"}', "missing_text"),
        (b"[" * 100_000, "bad_json"),
    ],
)
def test_bad_json_line_has_its_reason(tmp_path: Path, line: bytes, reason: str) -> None:
    good = b'{"text": "\\u0000 <b>tag</b> \\ud83d\\ude00", "label": "positive"}\n'
    (tmp_path / "a.jsonl").write_bytes(good + line + b"\n" + good)
    rows, bad, outcome = read(tmp_path, path="a.jsonl")
    assert [row["reason"] for row in bad] == [reason]
    assert texts(rows) == ["\x00 <b>tag</b> 😀"] * 2
    assert outcome.account.read == 3


def test_ten_megabyte_line_is_a_row_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        json.dumps({"text": "x" * 10_000_000, "label": "positive"}) + '\n{"text": "y", "label": "negative"}\n'
    )
    assert [len(text) for text in texts(read(tmp_path, path="a.jsonl")[0])] == [10_000_000, 1]


def test_nested_json_inherits_plain_values_from_above(tmp_path: Path) -> None:
    document = {
        "data": [
            {
                "title": "T",
                "paragraphs": [
                    {"context": "C", "qas": [{"question": "Q", "ok": True}, {"question": "R", "ok": False}]}
                ],
            }
        ]
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    labels = {"true": "positive", "false": "negative"}
    rows, _, _ = read(
        tmp_path,
        path="a.json",
        records="data.paragraphs.qas",
        columns={"text": "{title}: {question} {context}", "label": "ok"},
        labels=labels,
    )
    assert [(row["text"], row["label"], row["row_id"]) for row in rows] == [
        ("T: Q C", "positive", "a.json:1"),
        ("T: R C", "negative", "a.json:2"),
    ]
    with pytest.raises(RecipeError, match="there is no 'paragrafs' on the way; there are title, paragraphs"):
        read(tmp_path, path="a.json", records="data.paragrafs", columns={"text": "q"})


def test_label_from_file_name(tmp_path: Path) -> None:
    for name in ("good.txt", "bad.txt"):
        (tmp_path / name).write_text(f"{name} one\n{name} two\n")
    labels = {"good": "positive", "bad": "negative"}
    rows, _, _ = read(tmp_path, path="*.txt", kind="text", label_from="name", labels=labels)
    assert [row["label"] for row in rows] == ["negative", "negative", "positive", "positive"]


def archive(folder: Path, members: dict[str, str]) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w") as file:
        for name, text in members.items():
            file.writestr(name, text)


def test_zip_members_by_glob_one_record_a_file(tmp_path: Path) -> None:
    archive(tmp_path, {"x/neg/1.txt": "no\nno", "x/pos/1.txt": "yes", "x/readme.md": "skip"})
    section = {
        "kind": "text",
        "member": "*/*/*.txt",
        "record": "file",
        "label_from": "folder",
        "labels": {"neg": "negative", "pos": "positive"},
    }
    rows, _, _ = read(tmp_path, path="a.zip", **section)
    assert [(row["text"], row["label"], row["row_id"]) for row in rows] == [
        ("no\nno", "negative", "a.zip!x/neg/1.txt:1"),
        ("yes", "positive", "a.zip!x/pos/1.txt:1"),
    ]


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "..\\evil.txt"])
def test_zip_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    archive(tmp_path, {name: "x", "fine.txt": "y"})
    with pytest.raises(QualityGate, match="lead out of the archive"):
        read(tmp_path, path="a.zip", kind="text", label="positive")


def test_file_cut_short_is_an_error_not_a_loss(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(f"line {n} {n * 7919}" for n in range(20_000)).encode())
    (tmp_path / "a.txt.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(QualityGate, match="cannot be unpacked to its end"):
        read(tmp_path, path="a.txt.gz", label="positive")
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(QualityGate, match="not a whole zip"):
        read(tmp_path, path="a.zip", kind="text", label="positive")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(QualityGate, match="not a whole Parquet file"):
        read(tmp_path, path="a.parquet")


def test_parquet_with_list_labels_and_typed_columns(tmp_path: Path) -> None:
    frame = pl.DataFrame({"text": ["a", "b", "c"], "label": [[1], [0], [0, 1]], "score": [0.5, 0.9, 0.9]})
    frame.write_parquet(tmp_path / "a.parquet")
    rows, bad, outcome = read(tmp_path, path="a.parquet", labels={1: "positive", 0: "negative"}, where="score > 0.6")
    assert [(row["text"], row["label"]) for row in rows] == [("b", "negative")]
    assert [row["reason"] for row in bad] == ["unmapped_label"]
    assert outcome.account.dropped == {"where": 1}


def test_local_dataset_folder_is_read_as_the_hub_would(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    pl.DataFrame({"text": ["a", "b"], "label": [0, 1]}).write_parquet(tmp_path / "set" / "train-00000.parquet")
    rows, _, _ = read(tmp_path, hub="set", labels={0: "negative", 1: "positive"})
    assert [(row["text"], row["label"], row["row_id"]) for row in rows] == [
        ("a", "negative", "train:1"),
        ("b", "positive", "train:2"),
    ]
    with pytest.raises(RecipeError, match="needs `revision:`"):
        read(tmp_path, hub="some/dataset", labels={0: "negative"})


def test_a_dataset_script_and_broken_files_of_a_dataset_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "train.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(QualityGate, match="hub 'set': a file of it cannot be read: "):
        read(tmp_path, hub="set")
    pl.DataFrame({"text": ["a"], "label": ["positive"]}).write_parquet(folder / "train.parquet")
    (folder / "set.py").write_text(f"import os\nos.mkdir({str(tmp_path / 'ran')!r})\n")
    with pytest.raises(
        RecipeError, match=r"hub 'set': set\.py is a dataset script, and code in a dataset is never run"
    ):
        read(tmp_path, hub="set")
    (folder / "set.py").rename(folder / "helper.py")
    assert read(tmp_path, hub="set")[0]
    assert not (tmp_path / "ran").exists()


def test_null_in_the_label_map_leaves_out_and_counts(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\na,1\nb,2\nc,0\n")
    rows, _, outcome = read(tmp_path, path="a.csv", labels={1: "positive", 0: "negative", 2: None})
    assert texts(rows) == ["a", "c"]
    assert outcome.account.dropped == {"label_left_out": 1}


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"columns": {"text": "txt"}}, "there is no column 'txt'; did you mean 'text'? known: text, label"),
        ({"columns": {"text": "{title} {text}"}}, "there is no column 'title'"),
        ({"columns": {"text": 7}}, "there is no column 7; they are numbered 0 to 1"),
        ({"where": "confidence > 1"}, "there is no column 'confidence'"),
        ({"where": "text >"}, "cannot be asked"),
        ({"where": "text"}, "is no condition"),
    ],
)
def test_settings_that_do_not_fit_the_data_say_what_does(tmp_path: Path, section: dict[str, Any], told: str) -> None:
    (tmp_path / "a.csv").write_text("text,label\na,positive\n")
    with pytest.raises(RecipeError) as caught:
        read(tmp_path, path="a.csv", **section)
    assert told in str(caught.value)


def test_a_folder_is_the_recipes_mistake(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"it is a folder; say which files"):
        read(tmp_path, path=".", kind="delimited")


@pytest.mark.parametrize(("name", "told"), [("none.csv", "no such file"), ("*.nothing", "no file matches")])
def test_missing_files_are_unreachable_and_not_worth_a_retry(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(Unreachable, match=told) as caught:
        read(tmp_path, path=name, kind="delimited")
    assert not caught.value.transient


def test_too_many_bad_rows_stop_the_source_and_tell_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\n" + "a,positive\n" * 50 + "b,mixed\n" * 3 + "c\n")
    section = source(path="a.csv")
    seen = probe_source.function("s", section, str(tmp_path))
    with pytest.raises(QualityGate) as caught:
        ingest_source.of("s").run(str(tmp_path / "store"), seen, section, LAYOUT, str(tmp_path))
    told = str(caught.value)
    assert "4 of 54 records are bad (7.4 %, at most 1 % allowed): unmapped_label 3, bad_fields 1" in told
    assert "a.csv:" in told
    quarantine = Path(told.split("cuvee show ")[1].split("\n", maxsplit=1)[0])
    assert pl.read_parquet(quarantine).height == 4
    assert not (quarantine.parent / "manifest.json").exists()


def test_a_source_of_bad_rows_alone_stops_and_says_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\na,x\nb,POSITIVE\n")
    _, _, outcome = read(tmp_path, path="a.csv")
    with pytest.raises(QualityGate) as caught:
        refuse("s", source(path="a.csv"), LAYOUT, outcome, "nowhere")
    assert "2 of 2 records are bad (100.0 %, at most 1 % allowed): unmapped_label 2" in str(caught.value)
    assert 'add to its `labels` {"POSITIVE": positive, "x": null} (one of ' in str(caught.value)
    assert "max_bad to" not in str(caught.value), "with all of them allowed nothing would be left"


@pytest.mark.parametrize("raw", ["", "text,label\n"])
def test_a_source_without_records_is_the_checks_matter(tmp_path: Path, raw: str) -> None:
    (tmp_path / "a.csv").write_text(raw)
    _, _, outcome = read(tmp_path, path="a.csv")
    refuse("s", source(path="a.csv"), LAYOUT, outcome, "nowhere")
    assert why_empty(outcome.account).endswith("its files are empty, or its query finds nothing")


def test_preview_says_how_a_source_reads_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\na,positive\nb,mixed\n")
    before = sorted(tmp_path.iterdir())
    found = preview("s", source(path="a.csv"), str(tmp_path), LAYOUT)
    assert found["columns"] == ["text", "label"]
    assert found["sample"] == [{"text": "a", "label": "positive"}]
    assert found["bad"] == {"unmapped_label": 1}
    assert sorted(tmp_path.iterdir()) == before


def test_preview_looks_at_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, label in enumerate(["positive", "negative", "mixed"] * 5):
        (tmp_path / f"{number:02}.csv").write_text(f"text,label\na{number},{label}\n")
    found = preview("s", source(path="*.csv"), str(tmp_path), LAYOUT)
    assert [row["text"] for row in found["sample"]][:4] == ["a0", "a1", "a3", "a4"]
    assert (found["looked_at"], found["whole"], found["rows"], found["bad"]) == (15, True, 10, {"unmapped_label": 5})
    assert found["labels"] == {"positive": 5, "negative": 5}
    assert "15 records are bad (33.3 %" in found["stops"]
    assert 'remedy: add to its `labels` {"mixed": null}' in found["stops"]
    (tmp_path / "01.csv").write_text("text,label,more\na1,negative,x\n")
    assert preview("s", source(path="*.csv"), str(tmp_path), LAYOUT)["columns"] == ["text", "label", "more"]
    monkeypatch.setattr("tasks.ingest.preview.MOST_ROWS", 6)
    few = preview("s", source(path="*.csv"), str(tmp_path), LAYOUT)
    assert (few["looked_at"], few["whole"]) == (6, False)


def test_preview_names_the_encoding_that_fits(tmp_path: Path) -> None:
    rows = "".join(f"{word} {number},positive\n" for number in range(30) for word in ("这家店很好", "质量不错"))
    (tmp_path / "a.csv").write_bytes(f"text,label\n{rows}".encode("gb18030"))
    found = preview("s", source(path="a.csv"), str(tmp_path), LAYOUT)
    assert "`encoding: gb18030" in found["stops"]
    assert preview("s", source(path="a.csv", encoding="gb18030"), str(tmp_path), LAYOUT)["stops"] == ""


def test_fingerprint_changes_with_one_character_and_not_with_the_place(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("text,label\na,positive\n")
    section = source(path="a.csv")
    first = probe_source.function("s", section, str(tmp_path / "x"))
    assert probe_source.function("s", section, str(tmp_path / "y")) == first
    (tmp_path / "y" / "a.csv").write_text("text,label\nb,positive\n")
    assert probe_source.function("s", section, str(tmp_path / "y")) != first


def test_credentials_in_a_url_are_refused() -> None:
    with pytest.raises(ValueError, match="no credentials"):
        source(path="https://me:secret@example.org/a.csv")


BYTES = st.binary(max_size=300) | st.text(alphabet='a,"\n\r\t{}[]:;\x00é\ud83d', max_size=200).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)


@pytest.mark.parametrize("kind", [kind for kind in registry.names(source_kinds) if kind not in BY_KEY])
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=BYTES)
def test_any_bytes_give_rows_that_add_up_or_an_expected_error(tmp_path: Path, kind: str, raw: bytes) -> None:
    (tmp_path / "fuzz.bin").write_bytes(raw)
    columns = {"text": 0, "label": 0} if kind != "text" else {"text": "text", "label": "text"}
    path = {"0": "fuzz.bin", "1": "fuzz.bin"} if kind == "parallel" else "fuzz.bin"
    try:
        more = {"record": "a"} if kind == "xml" else {}
        rows, bad, outcome = read(tmp_path, path=path, kind=kind, columns=columns, labels={"a": "positive"}, **more)
    except CuveeError as error:
        assert str(error)
        return
    assert outcome.account.read == len(rows) + len(bad) + sum(outcome.account.dropped.values())
    assert len({row["row_id"] for row in rows}) == len(rows)


def test_records_of_a_gzip_member_stream() -> None:
    from tasks.ingest.batch import Opened
    from tasks.ingest.blocks import blocks

    raw = gzip.compress(b"one\ntwo\r\nthree")
    found = list(blocks(Opened("x", lambda: gzip.GzipFile(fileobj=io.BytesIO(raw))), "utf-8", 4))  # type: ignore[arg-type,return-value]
    assert [line for _, lines in found for line in lines] == ["one", "two", "three"]
    assert found[0][0] == 1


def test_parquet_with_bytes_and_dates_inside_lists_is_read(tmp_path: Path) -> None:
    nested = {"images": [[b"\x89PNG", b"abc"]], "days": [[datetime.date(2024, 1, 2), datetime.date(2024, 1, 3)]]}
    pl.DataFrame({"text": ["a"], "label": ["positive"]} | nested).write_parquet(tmp_path / "a.parquet")
    rows, bad, _ = read(tmp_path, path="a.parquet", columns={"text": "{text} {images} {days}"})
    assert texts(rows) == ['a [null, "abc"] ["2024-01-02", "2024-01-03"]']
    assert not bad
