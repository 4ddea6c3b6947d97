"""A source that grew is read from where it stopped, one that changed is read anew; the product is the same either
way."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.errors import CuveeError
from tasks.ingest.kinds import delimited, jsonl, text
from tasks.ingest.settings import SourceSettings, parse_source
from tasks.ingest.task import ingest_source, probe_source
from tasks.manifests.manifest import Manifest
from tasks.objectives.text_classification.columns import layout
from tasks.rows import groups

LABELS = ("negative", "positive")
LAYOUT = layout(LABELS)
LAW = settings(max_examples=60, deadline=None)


def ingest(store: Path, folder: Path, section: SourceSettings) -> Manifest:
    seen = probe_source.function("s", section, str(folder))
    return ingest_source.of("s").run(str(store), seen, section, LAYOUT, str(folder))


def outcome(store: Path, folder: Path, section: SourceSettings) -> str:
    """Say what ingesting gives: the fingerprint (bytes of all files, accounts, facts), or the error."""
    try:
        return ingest(store, folder, section).fingerprint
    except CuveeError as error:
        return str(error).partition("\n")[0]


def rows(store: Path, made: Manifest) -> list[dict[str, Any]]:
    return pl.read_parquet(store / made.path / "data.parquet").to_dicts()


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Cut files and row groups into many small parts."""
    for kind in (delimited, jsonl, text):
        monkeypatch.setattr(kind, "BLOCK_BYTES", 24)
    monkeypatch.setattr(groups, "GROUP_ROWS", 3)
    monkeypatch.setattr(groups, "GROUP_BYTES", 20)
    return


FIELD = st.sampled_from(
    ["a", "b, c", '"', '"q"', '""', "positive", "negative", "3", "x", "", "é", "\xa0", '"two\nlines"', '"open']
)
CSV = st.lists(st.lists(FIELD, min_size=1, max_size=3).map(",".join), max_size=12).map(
    lambda lines: "\n".join(["text,label,n", "t,positive,1", *lines])
)
RECORD = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from(["a", "é", "x" * 30, None]),
        "label": st.sampled_from([*LABELS, "mixed"]),
        "n": st.sampled_from([1, 2.5, "9", "x"]),
    },
)
LINE = RECORD.map(lambda record: json.dumps(record, ensure_ascii=False)) | st.sampled_from(
    ["", "{cut", "[1]", '{"text": "\\ud800"}', "null"]
)
JSONL = st.lists(LINE, max_size=12).map(lambda lines: "\n".join(['{"text": "t", "label": "positive", "n": 1}', *lines]))
TEXT = st.text(alphabet="ab\n\r\x00é", max_size=60)
KINDS = {
    "csv": (CSV, {"kind": "delimited", "path": "s.csv"}),
    "csv-where": (CSV, {"kind": "delimited", "path": "s.csv", "where": "n > 1 OR label = 'x'"}),
    "unquoted": (
        CSV,
        {
            "kind": "delimited",
            "path": "s.csv",
            "quoting": False,
            "overflow": "first",
            "header": False,
            "columns": {"text": 0, "label": 1},
        },
    ),
    "jsonl": (JSONL, {"kind": "jsonl", "path": "s.jsonl"}),
    "jsonl-where": (
        JSONL,
        {
            "kind": "jsonl",
            "path": "s.jsonl",
            "where": "n > 1 OR label = 'negative'",
            "columns": {"text": "{label} {text}", "label": 1},
        },
    ),
    "text": (TEXT, {"kind": "text", "path": "s.txt", "label": "positive"}),
}


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("case", KINDS)
def test_a_file_split_anywhere_and_grown_gives_the_same_bytes_as_read_anew(
    tmp_path_factory: pytest.TempPathFactory, case: str
) -> None:
    content, section = KINDS[case]
    parsed = parse_source(
        section | {"max_bad": 1, "labels": {"positive": "positive", "negative": "negative", "x": None}}
    )

    @LAW
    @given(
        raw=st.tuples(content, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n"])).map(
            lambda it: (it[0].replace("\n", it[1]) + it[2]).encode()
        ),
        cut=st.floats(0, 1),
        bom=st.booleans(),
    )
    def law(raw: bytes, cut: float, bom: bool) -> None:
        folder = tmp_path_factory.mktemp("law")
        whole = b"\xef\xbb\xbf" * bom + raw
        ends = [at + 1 for at, sign in enumerate(whole) if sign == ord("\n")]
        at = int(cut * len(whole))
        file = folder / section["path"]
        for first in {at, *(end for end in ends[-1:] if cut > 0.3)}:
            file.write_bytes(whole[:first])
            outcome(folder / f"store{first}", folder, parsed)
            file.write_bytes(whole)
            assert outcome(folder / f"store{first}", folder, parsed) == outcome(folder / "new", folder, parsed)

    law()


def test_a_file_that_grew_is_read_from_where_it_stopped(tmp_path: Path) -> None:
    lines = [json.dumps({"text": f"row {n}", "label": "positive"}) + "\n" for n in range(100)]
    section, file, store = parse_source({"path": "a.jsonl"}), tmp_path / "a.jsonl", tmp_path / "store"
    file.write_text("".join(lines[:60]))
    first = ingest(store, tmp_path, section)
    assert first.how == "read anew"
    file.write_text("".join(lines))
    second = ingest(store, tmp_path, section)
    assert second.how == f"grown, read on from byte {sum(map(len, lines[:60])):,} (line 61)"
    assert [row["row_id"] for row in rows(store, second)] == [f"a.jsonl:{n}" for n in range(1, 101)]
    assert second.fingerprint == ingest(tmp_path / "other", tmp_path, section).fingerprint
    assert ingest(store, tmp_path, section) == second


def test_without_the_earlier_product_all_is_read_anew(tmp_path: Path) -> None:
    section, file, store = parse_source({"path": "a.csv"}), tmp_path / "a.csv", tmp_path / "store"
    file.write_text("text,label\nold,positive\n")
    (store / ingest(store, tmp_path, section).path / "data.parquet").unlink()
    with file.open("a") as more:
        more.write("new,negative\n")
    made = ingest(store, tmp_path, section)
    assert (made.how, [row["text"] for row in rows(store, made)]) == ("read anew", ["old", "new"])


def test_of_a_glob_only_new_and_changed_files_are_read(tmp_path: Path) -> None:
    section, store = parse_source({"path": "*.csv", "where": "n > 0", "max_bad": 1}), tmp_path / "store"
    for name in "bdf":
        (tmp_path / f"{name}.csv").write_text(
            f"text,label,n\n{name}1,positive,1\n{name}2,mixed,2\n{name}3,negative,0\n"
        )
    ingest(store, tmp_path, section)
    (tmp_path / "a.csv").write_text("text,label,n\na1,negative,4\n")
    (tmp_path / "d.csv").write_text("text,label,n\nd9,positive,5\n")
    (tmp_path / "b.csv").write_text((tmp_path / "b.csv").read_text() + "b4,negative,3\n")
    (tmp_path / "f.csv").rename(tmp_path / "g.csv")
    made = ingest(store, tmp_path, section)
    assert made.how == "of 4 file(s): 2 new, read; 1 read on where it had grown; 1 changed, read anew; 1 gone"
    assert [row["text"] for row in rows(store, made)] == ["a1", "b1", "b4", "d9", "f1"]
    assert made.fingerprint == ingest(tmp_path / "new", tmp_path, section).fingerprint
    assert made.accounts[0].dropped == {"where": 2}


@settings(max_examples=40, deadline=None)
@given(
    versions=st.lists(
        st.dictionaries(
            st.sampled_from("abc"), st.lists(st.sampled_from(["x,positive", "y,mixed", "z,negative"]), max_size=5)
        ),
        min_size=2,
        max_size=4,
    )
)
def test_any_history_of_a_folder_gives_what_its_last_state_gives(
    tmp_path_factory: pytest.TempPathFactory, versions: list[dict[str, list[str]]]
) -> None:
    folder = tmp_path_factory.mktemp("history")
    section = parse_source({"path": "in/*.csv", "max_bad": 1, "header": False, "columns": {"text": 0, "label": 1}})
    for version in versions:
        for old in (folder / "in").glob("*") if (folder / "in").exists() else ():
            old.unlink()
        (folder / "in").mkdir(exist_ok=True)
        for name, lines in version.items():
            (folder / "in" / f"{name}.csv").write_text("".join(f"{line}\n" for line in lines))
        last = outcome(folder / "store", folder, section)
    assert last == outcome(folder / "new", folder, section)


def test_other_settings_find_no_earlier_product(tmp_path: Path) -> None:
    store, file = tmp_path / "store", tmp_path / "a.csv"
    file.write_text("text,label\na,1\n")
    ingest(store, tmp_path, parse_source({"path": "a.csv", "labels": {"1": "positive"}}))
    file.write_text("text,label\na,1\nb,1\n")
    made = ingest(store, tmp_path, parse_source({"path": "a.csv", "labels": {"1": "negative"}}))
    assert made.how == "read anew"
    assert {row["label"] for row in rows(store, made)} == {"negative"}


@pytest.mark.parametrize(
    ("name", "path"), [("a.jsonl.gz", "a.jsonl.gz"), ("y.txt", {"text": "y.txt", "label": "a.lab"})]
)
def test_what_cannot_be_read_on_is_read_anew(tmp_path: Path, name: str, path: Any) -> None:
    import gzip

    pack = gzip.compress if name.endswith(".gz") else bytes
    line = b'{"text": "a", "label": "positive"}\n'
    for times in (1, 2):
        (tmp_path / name).write_bytes(b"".join(pack(line) for _ in range(times)))
        (tmp_path / "a.lab").write_text("positive\n" * times)
        made = ingest(tmp_path / "store", tmp_path, parse_source({"path": path}))
        assert (made.how, made.rows) == ("read anew", times)
