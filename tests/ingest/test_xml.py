"""XML and SGML: every record is a row or a bad one, whatever stands around it; hostile documents do nothing."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core.errors import CuveeError, QualityGate, RecipeError
from tasks.ingest.kinds import xml
from tasks.ingest.preview import preview
from tasks.ingest.read import Outcome, batches, read_source
from tasks.ingest.settings import parse_source
from tasks.objectives.text_classification.columns import layout

LABELS = ("negative", "positive")
LAYOUT = layout(LABELS)


def read(
    folder: Path, content: str | bytes, **section: Any
) -> tuple[list[tuple[str, str]], list[tuple[int, str, str]], Outcome]:
    """Give (text, label) of the rows, and (record, reason, detail) of the bad ones."""
    (folder / "a.xml").write_bytes(content if isinstance(content, bytes) else content.encode())
    good, bad = folder / "rows.out", folder / "bad.out"
    parsed = parse_source({"path": "a.xml", "record": "r", "label": "positive", "columns": {"text": "r"}} | section)
    outcome = read_source("s", parsed, str(folder), LAYOUT, good, bad)
    rows, lost = pl.read_parquet(good), pl.read_parquet(bad)
    assert outcome.account.read == rows.height + lost.height + sum(outcome.account.dropped.values())
    assert rows["row_id"].is_unique().all()
    return rows.select("text", "label").rows(), lost.select("line", "reason", "detail").rows(), outcome


def test_ways_lead_to_elements_and_attributes(tmp_path: Path) -> None:
    content = (
        '<?xml version="1.0"?>\n<!DOCTYPE all>\n<all xmlns:dc="urn:x"><r id="1" k=\'a>b\'>\n<dc:t l="en">One &amp; '
        "<b>two</b> &eacute;&#x21;</dc:t>"
        "<list><i>x</i><i>y</i></list><list><i>z</i></list><none/></r><r id='2'><![CDATA[<r> & &#3;]]><!-- <r> "
        "--></r><r/></all>"
    )
    columns = {"text": "{@id}|{@k}|{dc:t}|{dc:t/@l}|{dc:t/b}|{list/i}|{none}|{r}"}
    rows, bad, outcome = read(tmp_path, content, columns=columns)
    assert [text for text, _ in rows] == [
        '1|a>b|One & two é!|en|two|["x", "y", "z"]||',
        "2|||||||<r> & &#3;",
    ]
    assert len(bad) == 1, "a record without any of these has no text"
    assert outcome.columns == ("@id", "@k", "dc:t/@l", "dc:t/b", "dc:t", "list/i", "none", "r")


def test_a_broken_record_costs_no_other(tmp_path: Path) -> None:
    parts = [
        "<r>a</r>",
        "<r><b>x</r>",
        "<r>c",
        "<r>d</r>",
        "e</r>",
        "<r>&laugh;</r>",
        "<r>f</r>",
        "<r a=1>g</r>",
        "<r>h</r>",
        "<r>i <!-- ",
    ]
    rows, bad, _ = read(tmp_path, "\n".join(parts), max_bad=1)
    assert [text for text, _ in rows] == ["a", "d", "f", "h"]
    assert [(line, reason) for line, reason, _ in bad] == [
        (2, "bad_xml"),
        (3, "bad_xml"),
        (5, "bad_xml"),
        (6, "bad_xml"),
        (8, "bad_xml"),
        (10, "bad_xml"),
    ]
    assert [detail.partition(": ")[0] for *_, detail in bad] == [
        "line 2",
        "line 3",
        "line 5",
        "line 6",
        "line 8",
        "line 10",
    ]
    assert "another one begins" in bad[1][2]
    assert "undefined entity" in bad[3][2]


def test_control_characters_are_left_out_and_bytes_of_another_encoding_cost_their_record(tmp_path: Path) -> None:
    rows, bad, _ = read(tmp_path, b"<r>&#2;a\x01&#x3;</r><r>\xe9</r><r>&#xD800;</r><r>b</r>", max_bad=1)
    assert [text for text, _ in rows] == ["a", "b"]
    assert [(line, reason) for line, reason, _ in bad] == [(2, "bad_encoding"), (3, "bad_xml")]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig", "utf-16"])
def test_a_document_says_its_encoding_or_the_recipe_does(tmp_path: Path, encoding: str) -> None:
    declared = '<?xml version="1.0" encoding="ISO-8859-1"?>' if encoding == "latin-1" else ""
    section = {"encoding": "utf-16"} if encoding == "utf-16" else {}
    assert read(tmp_path, f"{declared}<r>é</r>".encode(encoding), **section)[0] == [("é", "positive")]
    with pytest.raises(QualityGate, match="unknown encoding"):
        read(tmp_path, '<?xml version="1.0" encoding="no-such"?><r>a</r>')


def test_a_tag_that_no_element_has_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"a\.xml has no element 'r'; it begins with all, rr, R"):
        read(tmp_path, "<all><rr>a</rr><R>b</R></all>")
    with pytest.raises(ValueError, match="record"):
        parse_source({"path": "a.xml", "record": "a b"})


HOSTILE = {
    "billion laughs": (
        '<!DOCTYPE a [<!ENTITY l "ha"><!ENTITY m "&l;&l;&l;&l;"><!ENTITY n '
        '"&m;&m;&m;&m;">]><a><r>&n;</r><r>fine</r></a>'
    ),
    "external entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><r>&x;</r><r>fine</r></a>',
    "external type": '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/evil.dtd"><a><r>&x;</r><r>fine</r></a>',
    "type inside": '<a><r><!DOCTYPE r [<!ENTITY x "y">]>&x;</r><r>fine</r></a>',
    "instruction": "<a><r>&none;</r><?php <r> ?><r>fine</r></a>",
    "nested": f"<a><r>{'<b>x' * 50_000}{'</b>' * 50_000}</r><r>fine</r></a>",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_documents_cost_their_records_and_do_nothing(tmp_path: Path, case: str) -> None:
    rows, bad, _ = read(tmp_path, HOSTILE[case], max_bad=1)
    assert [text for text, _ in rows] == ["fine"]
    assert [(line, reason) for line, reason, _ in bad] == [(1, "bad_xml")]


def test_what_never_ends_or_has_endless_names_is_no_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(QualityGate, match="more than 1,000 different elements and attributes by line"):
        read(tmp_path, "".join(f"<r><a{number}/></r>" for number in range(1_100)))
    monkeypatch.setattr(xml, "LONGEST_RECORD", 1_000)
    monkeypatch.setattr(xml, "BLOCK_BYTES", 100)
    for start in ("<r>", "<r>a</r><!--"):
        with pytest.raises(QualityGate, match=r"a\.xml: what begins in line 1 has no end within"):
            read(tmp_path, start + "x" * 5_000)


SIGNS = st.sampled_from(
    [
        "<r>",
        "</r>",
        "<r/>",
        "<r a='1'>",
        '<r a="',
        "<r ",
        "<a>",
        "</a>",
        "<a x='>'/>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?",
        "?>",
        "&lt;",
        "&#3;",
        "&#x110000;",
        "&",
        "<",
        ">",
        "x",
        "é",
        "\n",
        "\x00",
        "\ud800",
        " ",
        "<!DOCTYPE a [",
        "<rr>",
        '"',
        "'",
        "/",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(signs=st.lists(SIGNS, max_size=25), block=st.integers(1, 30))
def test_any_text_in_any_blocks_gives_sums_that_agree(tmp_path: Path, signs: list[str], block: int) -> None:
    content = "".join(["<r>t</r>", *signs]).encode("utf-8", "surrogatepass")
    found: list[Any] = []
    for size in (block, 1 << 20):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(xml, "BLOCK_BYTES", size)
            try:
                found.append(read(tmp_path, content, max_bad=1)[:2])
            except CuveeError as error:
                found.append(str(error))
    assert found[0] == found[1]


MEMORY = """
import resource, sys
from pathlib import Path
from tasks.ingest.read import read_source
from tasks.ingest.settings import parse_source
from tasks.objectives.text_classification.columns import layout
folder = Path(sys.argv[1])
section = parse_source({"path": "a.xml", "record": "r", "label": "positive", "columns": {"text": "t"}})
import polars, pyarrow.parquet
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
outcome = read_source("s", section, str(folder), layout(("negative", "positive")), folder / "rows", folder / "bad")
print(outcome.account.rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    with (tmp_path / "a.xml").open("w") as file:
        file.write("<all>")
        for number in range(20_000):
            file.write(f"<r><t>{number} {'word ' * 800}</t></r>\n")
        file.write("</all>")
    command = [sys.executable, "-c", MEMORY, str(tmp_path)]
    said = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    ).stdout.split()
    assert said[0] == "20000"
    assert int(said[1]) < 400, "MB for a file of 80 MB"


@pytest.mark.shared_data
def test_reuters_reads_whole(shared_data: Path) -> None:
    parsed = parse_source({"path": str(shared_data / "text/news_reuters/reut2-000.sgm.gz"), "record": "REUTERS"})
    frame = pl.concat([batch.frame for batch in batches(parsed, ".")], how="diagonal")
    assert frame.height == 1_000
    assert frame["@NEWID"].to_list() == [str(number) for number in range(1, 1_001)]
    assert frame["TEXT/TITLE"][0] == "BAHIA COCOA REVIEW"
    assert frame["TEXT/BODY"].null_count() == 75, "records without a body: briefs, and texts that were not taken apart"
    assert frame.filter(pl.col("TEXT/BODY").is_null())["TEXT/@TYPE"].null_count() == 0
    assert frame["TOPICS/D"].str.starts_with("[").sum() > 0, "several topics are a list"
    condition = "\"TOPICS/D\" IN ('earn', 'acq')"
    section = parse_source(
        parsed.model_dump()
        | {"columns": {"text": "{TEXT/TITLE}. {TEXT/BODY}", "label": "TOPICS/D"}, "where": condition}
    )
    shown = preview("s", section, ".", layout(("earn", "acq")))
    assert set(shown["labels"]) == {"earn", "acq"}
    assert shown["bad"] == {"missing_text": 1}
