"""Files as people have them: headers in other encodings, litter of desktops, brackets in paths, composed names."""

import gzip
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core.errors import QualityGate, RecipeError, Unreachable
from tasks.ingest.files import details, find, raw_stream
from tests.ingest.conftest import Found

Read = Callable[..., Found]
SEPARATORS = ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
"""What Python takes for line ends and no file of records does."""


@pytest.mark.parametrize(
    ("header", "encoding"),
    [("texte,libellé", "latin-1"), ("评论,标签", "gb18030"), ("文字,ラベル", "shift_jis"), ("평가,내용", "euc_kr")],
)
def test_a_header_of_another_encoding_is_a_mistake_of_the_recipe(
    tmp_path: Path, read: Read, header: str, encoding: str
) -> None:
    (tmp_path / "a.csv").write_bytes(f"{header}\nbon,1\n".encode(encoding))
    with pytest.raises(RecipeError, match=rf"a\.csv: line 1 is not valid utf-8; try encoding: .*{encoding}"):
        read(path="a.csv", columns={"text": header.split(",", maxsplit=1)[0]})
    assert read(path="a.csv", columns={"text": header.split(",", maxsplit=1)[0]}, encoding=encoding).texts == ["bon"]


def test_what_desktops_leave_in_archives_and_folders_is_no_data(tmp_path: Path, read: Read) -> None:
    litter = ["__MACOSX/._a.csv", "._a.csv", ".DS_Store", "sub/.DS_Store", "Thumbs.db", "sub/._b.csv"]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in litter:
            archive.writestr(name, b"\x00\x05\x16\x07")
        archive.writestr("a.csv", "text\none\n")
    assert read(path="a.zip", kind="delimited").texts == ["one"]
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.csv").write_text("text\none\n")
    (tmp_path / "d/._a.csv").write_bytes(b"\x00\x05\x16\x07")
    assert read(path="d/*.csv").texts == ["one"]
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(".DS_Store", b"")
    with pytest.raises(QualityGate, match="there is no file in this archive"):
        read(path="b.zip", kind="delimited")


@pytest.mark.parametrize("folder", ["[work] 2026", "a*b", "w?", "[!x]"])
@pytest.mark.parametrize("name", ["base.csv", "base[1].csv", "*.csv", "base*.csv", "b[ae]se*.csv"])
def test_only_what_the_recipe_writes_is_a_pattern(tmp_path: Path, folder: str, name: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / "a and b").mkdir()
    file = "base[1].csv" if name == "base[1].csv" else "base.csv"
    for there in (tmp_path / folder, tmp_path / "a and b"):
        (there / file).write_text("text\none\n")
    assert [(place.name, place.path) for place in find(name, str(tmp_path / folder))] == [
        (file, str(tmp_path / folder / file))
    ]


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "csv"])
def test_truth_values_are_labels(tmp_path: Path, read: Read, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "jsonl":
        path.write_text("".join(json.dumps({"text": f"t{n}", "label": n % 2 == 0}) + "\n" for n in range(4)))
    elif kind == "parquet":
        pl.DataFrame({"text": ["t0", "t1", "t2", "t3"], "label": [True, False, True, False]}).write_parquet(path)
    else:
        path.write_text("text,label\nt0,true\nt1,FALSE\nt2,True\nt3,false\n")
    for labels in ({True: "positive", False: "negative"}, {"true": "positive", "false": "negative"}):
        found = read(path=path.name, labels=labels)
        assert found.rows["label"].to_list() == ["positive", "negative"] * 2
    found = read(path=path.name, labels={True: "positive", False: None})
    assert (found.texts, found.left_out) == (["t0", "t2"], {"label_left_out": 2})


def test_labels_that_differ_in_case_are_two_where_the_recipe_says_so(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text("text,label\na,true\nb,TRUE\n")
    found = read(path="a.csv", labels={"true": "positive", "TRUE": "negative"})
    assert found.rows["label"].to_list() == ["positive", "negative"]


@pytest.mark.parametrize("sign", SEPARATORS)
def test_a_line_ends_at_a_line_end_and_nowhere_else(tmp_path: Path, read: Read, sign: str) -> None:
    (tmp_path / "a.csv").write_text(f"text,more\nfirst half,x{sign} and a second half,y\nwhole{sign},z\n", "utf-8")
    found = read(path="a.csv", max_bad=1)
    assert [row[1:] for row in found.bad] == [(2, "bad_fields")]
    assert found.texts == [f"whole{sign}"]
    (tmp_path / "b.csv").write_text(f"te{sign}xt,more\none,1\n", "utf-8")
    assert read(path="b.csv", columns={"text": f"te{sign}xt"}).texts == ["one"]


@given(st.lists(st.tuples(st.sampled_from(["", " ", "x"]), st.sampled_from(["", "\t", "y"])), min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_template_of_nothing_is_no_text(tmp_path: Path, read: Read, rows: list[tuple[str, str]]) -> None:
    (tmp_path / "a.csv").write_text("title,body\n" + "".join(f'"{title}","{body}"\n' for title, body in [*rows, "xy"]))
    found = read(path="a.csv", columns={"text": "{title}. {body}"}, max_bad=1)
    assert len(found.bad) == sum(not (title + body).strip() for title, body in rows)
    assert {reason for _, _, reason in found.bad} <= {"missing_text"}
    assert found.texts == [f"{title}. {body}" for title, body in [*rows, "xy"] if (title + body).strip()]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_names_that_look_alike_are_alike(tmp_path: Path, read: Read, form: str, written: str) -> None:
    def said(text: str) -> str:
        return unicodedata.normalize(written, text)

    data = unicodedata.normalize(form, "libellé,avis,été\nnégatif,bon,2\nnégatif,très bon,1\n")
    (tmp_path / "a.csv").write_text(data, "utf-8")
    found = read(
        path="a.csv",
        columns={"text": said("avis {été}"), "label": said("libellé")},
        labels={said("négatif"): "negative"},
        where=said("été > 0"),
    )
    assert found.rows["label"].to_list() == ["negative", "negative"]


def test_a_field_longer_than_the_csv_modules_limit_is_quarantined_with_its_row(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text(f"text,more\n{'x' * 200_000},1,2\nfine,1\n")
    found = read(path="a.csv", max_bad=1)
    assert (found.texts, [row[1:] for row in found.bad]) == (["fine"], [(2, "bad_fields")])
    (tmp_path / "b.csv").write_text(f"text,{'x' * 200_000}\nfine,1\n")
    assert read(path="b.csv").texts == ["fine"]


def test_what_another_client_changes_in_a_bucket_is_seen(bucket: str) -> None:
    import boto3

    name, client = bucket.removeprefix("s3://"), boto3.client("s3")
    client.put_object(Bucket=name, Key="a.csv", Body=b"text\none\n")
    (before,) = find(f"{bucket}/*.csv", ".")
    tag = details(before)["ETag"]
    client.put_object(Bucket=name, Key="a.csv", Body=b"text\nanother\n")
    client.put_object(Bucket=name, Key="b.csv", Body=b"text\ntwo\n")
    places = find(f"{bucket}/*.csv", ".")
    assert [place.name for place in places] == ["a.csv", "b.csv"]
    assert details(places[0])["ETag"] != tag
    with raw_stream(places[0]) as file:
        assert file.read() == b"text\nanother\n"
    (alone,) = find(f"{bucket}/a.csv", ".")
    assert details(alone)["ETag"] != tag


def test_columns_of_types_that_nobody_asked_for_do_no_harm(tmp_path: Path, read: Read) -> None:
    strange = {
        "bytes": [b"\xff\x00", b"ok"],
        "long": pl.Series([timedelta(days=1), None], dtype=pl.Duration("us")),
        "kind": pl.Series(["a", "b"], dtype=pl.Categorical),
        "nested": [{"in": b"\xff"}, None],
        "none": pl.Series([None, None], dtype=pl.Null),
        "time": [time(1), None],
    }
    pl.DataFrame({"text": ["one", "two"]} | strange).write_parquet(tmp_path / "a.parquet")
    assert read(path="a.parquet").texts == ["one", "two"]
    shown = read(path="a.parquet", columns={"text": "{bytes}|{long}|{kind}|{nested}|{none}|{time}"})
    assert shown.texts == ['|1 day, 0:00:00|a|{"in": null}||01:00:00', "ok||b|||"]


PLAIN = b"text,label\nfine,1\nwell,2\n" * 50
PACKED = gzip.compress(PLAIN, mtime=0)


@pytest.mark.parametrize(
    ("name", "raw", "why"),
    [
        ("a.csv.gz", PACKED + b"garbage!", "cannot be unpacked to its end"),
        ("a.csv.gz", PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "cannot be unpacked to its end: CRC check failed"),
        ("a.csv.gz", PACKED[:-20], "cannot be unpacked to its end"),
        ("a.csv.gz", PLAIN, "cannot be unpacked to its end: Not a gzipped file"),
        ("a.csv", PLAIN.decode().encode("utf-16"), "it is not utf-8, but utf-16; say `encoding: utf-16`"),
        ("a.csv", PLAIN.decode().encode("utf-32"), "it is not utf-8, but utf-32; say `encoding: utf-32`"),
        ("a.csv", PLAIN.decode().encode("utf-16-be"), "it is not utf-8, but utf-16-be"),
        ("a.jsonl", b'{"text": "a"}\n'.decode().encode("utf-16-le"), "it is not utf-8, but utf-16-le"),
        ("a.txt", "评论 one\n".encode("utf-32-le"), "it is not utf-8, but utf-32-le"),
    ],
)
def test_what_is_broken_is_not_out_of_reach(tmp_path: Path, read: Read, name: str, raw: bytes, why: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(QualityGate, match=re.escape(why)):
        read(path=name)


def test_a_document_in_another_encoding_is_a_bad_record(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.json").write_bytes('[{"text": "é"}]'.encode("latin-1"))
    assert read(path="a.json").bad == [("a.json", 1, "bad_json")]


@pytest.mark.parametrize("compression", ["snappy", "gzip", "zstd", "uncompressed"])
def test_a_broken_page_of_parquet_is_not_out_of_reach(tmp_path: Path, read: Read, compression: Any) -> None:
    pl.DataFrame({"text": [f"row {n} {n * 7919 % 1000}" for n in range(3000)]}).write_parquet(
        tmp_path / "a.parquet", compression=compression
    )
    raw = bytearray((tmp_path / "a.parquet").read_bytes())
    raw[100:900] = bytes(byte ^ 0x5A for byte in raw[100:900])
    (tmp_path / "a.parquet").write_bytes(raw)
    with pytest.raises(QualityGate, match="not a whole Parquet file"):
        read(path="a.parquet")


def test_a_file_system_that_fails_is_out_of_reach(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    pl.DataFrame({"text": ["a"]}).write_parquet(tmp_path / "a.parquet")

    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("pyarrow.parquet.ParquetFile.iter_batches", fail)
    with pytest.raises(Unreachable, match="Input/output error"):
        read(path="a.parquet")
