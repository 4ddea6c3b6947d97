"""Web archives: every response is a page, a bad row, or left out under a reason; an archive that is not whole is an
error."""

import gzip
import zlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core.errors import CuveeError, QualityGate
from tasks.ingest.batch import Batch
from tasks.ingest.kinds import warc
from tasks.ingest.read import Outcome, batches, read_source
from tasks.ingest.settings import parse_source
from tasks.objectives.text_classification.columns import layout

WORDS = (
    "The ship left the harbour in the early morning and did not come back before the snow had begun to fall on "
    "the town. "
)
BODY = f"<nav><a href='/'>Home</a></nav><article><h1>Ship</h1><p>{WORDS * 3}</p></article>"
PAGE = f"<html><head><title> A  ship </title></head><body>{BODY}</body></html>"


def answer(body: bytes | str, status: str = "200 OK", kind: str = "text/html; charset=utf-8", *more: str) -> bytes:
    raw = body.encode() if isinstance(body, str) else body
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}", *more, "", ""]).encode() + raw


def archive(*answers: bytes, packed: bool = True) -> bytes:
    """Write responses, each after its request."""
    whole = list[bytes]()
    for number, content in enumerate(answers, 1):
        for kind, payload in (("request", b"GET / HTTP/1.1\r\n\r\n"), ("response", content)):
            head = (
                f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: http://x.example/{number}\r\nWARC-Date: "
                "2024-02-29T12:00:00Z\r\n"
            )
            record = f"{head}Content-Length: {len(payload)}\r\n\r\n".encode() + payload + b"\r\n\r\n"
            whole.append(gzip.compress(record) if packed else record)
    return b"".join(whole)


def read(folder: Path, content: bytes, name: str = "a.warc.gz") -> tuple[list[str], list[tuple[int, str]], Outcome]:
    """Give the texts, and (record, reason) of the bad rows."""
    (folder / name).write_bytes(content)
    parsed = parse_source(
        {
            "path": name,
            "kind": "warc",
            "label": "web",
            "max_bad": 1,
            "columns": {"text": "{title}|{language}|{url}|{text}"},
        }
    )
    outcome = read_source("s", parsed, str(folder), layout(("web",)), folder / "rows", folder / "bad")
    rows, bad = pl.read_parquet(folder / "rows"), pl.read_parquet(folder / "bad")
    assert outcome.account.read == rows.height + bad.height + sum(outcome.account.dropped.values())
    return rows["text"].to_list(), bad.select("line", "reason").rows(), outcome


@pytest.mark.parametrize("packed", [True, False])
def test_every_response_is_somewhere(tmp_path: Path, packed: bool) -> None:
    whole = zlib.compress(PAGE.encode())
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE.encode())
    answers = [
        answer(PAGE),
        answer("gone", "404 Not Found"),
        answer(b"%PDF-1.7", kind="application/pdf"),
        answer("<html><body></body></html>"),
        answer(gzip.compress(PAGE.encode()), "200 OK", "text/html", "Content-Encoding: gzip"),
        answer(gzip.compress(PAGE.encode())[:-40], "200 OK", "text/html", "Content-Encoding: gzip"),
        answer(whole, "200 OK", "text/html", "Content-Encoding: deflate"),
        answer(PAGE, "200 OK", "text/html", "Content-Encoding: gzip"),
        answer(b"\x8b\x01", "200 OK", "text/html", "Content-Encoding: br"),
        answer(chunked, "200 OK", "text/html", "Transfer-Encoding: chunked"),
        answer(PAGE.replace("ship", "navío").encode("latin-1"), kind="text/html; charset=iso-8859-1"),
        answer(PAGE, kind="text/html; charset=no-such"),
        b"no answer at all",
        b"",
    ]
    texts, bad, outcome = read(tmp_path, archive(*answers, packed=packed), "a.warc.gz" if packed else "a.warc")
    assert outcome.account.dropped == {"http_status": 1, "no_main_text": 1, "not_html": 1}
    assert bad == [(6, "bad_http"), (9, "bad_http"), (13, "bad_http"), (14, "bad_http")]
    assert [text.split("|")[2].rpartition("/")[2] for text in texts] == ["1", "5", "7", "8", "10", "11", "12"]
    assert all(text.startswith("A ship|en|") for text in texts if "/11|" not in text)
    assert "The navío left" in texts[5]
    assert not any("Home" in text for text in texts)


def test_a_body_that_unpacks_to_more_than_a_page_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc, "LONGEST_PAGE", 10_000)
    bomb = answer(gzip.compress(b"<p>" + b"x" * 10_000_000), "200 OK", "text/html", "Content-Encoding: gzip")
    assert read(tmp_path, archive(answer(PAGE), bomb, answer("x" * 20_000)))[1] == [(2, "bad_http"), (3, "bad_http")]


@pytest.mark.parametrize("left", [0.2, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("packed", [True, False])
def test_an_archive_cut_anywhere_is_an_error(tmp_path: Path, left: float, packed: bool) -> None:
    whole = archive(answer(PAGE), packed=packed).removesuffix(b"\r\n\r\n")
    with pytest.raises(QualityGate, match=r"a\.warc"):
        read(tmp_path, whole[: int(left * len(whole))], "a.warc.gz" if packed else "a.warc")


def test_what_is_no_archive_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QualityGate, match="not a whole web archive"):
        read(tmp_path, b"text,label\na,positive\n", "a.warc")


HEADS = [
    b"HTTP/1.1 200 OK\r\n",
    b"Content-Type: text/html\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"\r\n",
    b":",
]
BODIES = [
    b"<html>",
    b"<p>text text text</p>",
    b"\x1f\x8b",
    b"\xff",
    b"5\r\n",
    b"\x00",
    b"<table><div>",
    b"</html>",
    b"&#0;",
]
PARTS = st.sampled_from(HEADS + BODIES)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(PARTS, max_size=12).map(b"".join),
    cut=st.none() | st.integers(0, 600),
    flip=st.none() | st.integers(0, 600),
)
def test_any_answer_and_any_spoilt_archive_give_sums_that_agree_or_an_expected_error(
    tmp_path: Path, parts: bytes, cut: int | None, flip: int | None
) -> None:
    whole = bytearray(archive(answer(PAGE)[:200], parts, packed=False))
    if flip is not None and flip < len(whole):
        whole[flip] ^= 0x21
    try:
        outcome = read(tmp_path, bytes(whole[:cut]), "a.warc")[2]
    except CuveeError as error:
        assert cut is not None or flip is not None, error
        return
    assert cut is not None or flip is not None or outcome.account.read == 2


def frames(path: Path) -> list[Batch]:
    return list(batches(parse_source({"path": str(path)}), "."))


@pytest.mark.shared_data
def test_a_real_archive_reads_twice_the_same(shared_data: Path) -> None:
    found: list[Any] = [frames(shared_data / "messy/sample-0000.warc.gz") for _ in range(2)]
    one, two = (pl.concat(batch.frame for batch in whole) for whole in found)
    assert one.equals(two)
    assert one.height == 22
    assert set(one["language"]) == {"en"}
    assert one["title"][2] == "Luca Soldaini"
    assert one["url"].is_unique().all()
