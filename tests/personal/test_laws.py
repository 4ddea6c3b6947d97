"""What holds for every text: nothing is found twice, nothing found stays, nothing else changes; and no text makes it
slow."""

import itertools
import re
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.core import registry
from tasks.personal import detectors
from tasks.personal.redact import redacted, replaced, tag
from tasks.personal.scan import Span, find, settle
from tasks.personal.settings import PATTERNED, PersonalSettings

KINDS = PersonalSettings().kinds
PIECES = st.sampled_from(
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "GB82 WEST 1234 5698 7654 32",
        "a@b.de",
        "8.8.8.8",
        "2001:db8::8a2e:370:7334",
        "219-09-9998",
        "12345678Z",
        "+46 (0)8 928 571 38",
        "212-555-0123",
        "467 3395",
        "call ",
        "fax: ",
        "SSN ",
        " ",
        ".",
        "-",
        ",",
        "\n",
        "x",
        "é",
        "1",
        "23",
        "(",
        ")",
        "@",
        ":",
        "+",
        "[EMAIL]",
        "[NATIONAL-ID]",
        "version ",
        "12/05/2019",
        "1.2.3",
        "用",
        "\u0301",
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=60) | st.text("0123456789 .-()+@:ab", max_size=60)
TAGS = re.compile("|".join(re.escape(tag(kind)) for kind in PATTERNED))


def once(texts: list[str]) -> list[str]:
    rows, new, _ = redacted(pl.Series(texts, dtype=pl.String), KINDS)
    return pl.Series(texts, dtype=pl.String).scatter(rows, new).to_list()


@given(st.lists(TEXTS, max_size=8))
@settings(max_examples=300)
@example(["a@b.de4111111111111111", "219-09-9998a@b.de", "8.8.8.8.8", "+46 (0)8 928 571 38+46 (0)8 928 571 38"])
def test_redacting_twice_changes_nothing(texts: list[str]) -> None:
    done = once(texts)
    assert once(done) == done
    assert not find(pl.Series(done, dtype=pl.String), KINDS)


@given(TEXTS)
@settings(max_examples=300)
def test_what_is_left_around_the_tags_stood_in_the_text_in_the_same_order(text: str) -> None:
    (done,) = once([text])
    place = 0
    for left in TAGS.split(done):
        place = text.find(left, place)
        assert place >= 0
        place += len(left)


@given(st.lists(TEXTS, max_size=8))
@settings(max_examples=300)
def test_every_text_that_a_detector_would_find_something_in_passes_its_prefilter(texts: list[str]) -> None:
    for one in KINDS:
        detector: Any = registry.load(detectors, one.kind)
        passed = pl.Series(texts, dtype=pl.String).str.contains(detector.HINT)
        assert not [
            text for text, through in zip(texts, passed, strict=True) if not through and list(detector.spans(text, one))
        ]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10), st.integers(0, 5)), max_size=10))
def test_settled_spans_are_apart_and_cover_what_all_covered(drawn: list[tuple[int, int, int]]) -> None:
    spans = [Span(start, start + length, rank, PATTERNED[rank]) for start, length, rank in drawn]
    settled = settle(spans)
    assert all(one.end <= other.start for one, other in itertools.pairwise(settled))
    assert {n for span in spans for n in range(span.start, span.end)} == {
        n for span in settled for n in range(span.start, span.end)
    }


def test_surest_of_overlapping_spans_names_the_tag() -> None:
    sure, other = Span(3, 8, 0, "iban"), Span(0, 5, 4, "phone")
    assert settle([other, sure]) == [Span(0, 8, 0, "iban")]
    assert replaced("0123456789", settle([other, sure])) == "[IBAN]89"


def test_counts_say_what_was_replaced() -> None:
    text = pl.Series(["mail a@b.de or c@d.org, or call +46 8 928 571 38", "nothing", "8.8.8.8", None], dtype=pl.String)
    rows, new, counts = redacted(text, KINDS)
    assert rows.to_list() == [0, 2]
    assert new.to_list() == ["mail [EMAIL] or [EMAIL], or call [PHONE]", "[IP]"]
    assert counts == {"email": 2, "phone": 1, "ip": 1}


SIZE = 1_000_000
HOSTILE = {
    "digits": "7" * SIZE,
    "digits and spaces": "7 " * (SIZE // 2),
    "fours": "4111 " * (SIZE // 5),
    "zeros": "0" * SIZE,
    "letters": "a" * SIZE + "@",
    "at signs": "@" * SIZE,
    "addresses without end": "a@" * (SIZE // 2),
    "labels": "a@" + "a." * (SIZE // 2),
    "dots": "a.a-" * (SIZE // 4) + "@a.a",
    "hyphens": "1-" * (SIZE // 2),
    "colons": ":" * SIZE,
    "groups": "abcd:" * (SIZE // 5),
    "iban": "GB82" * (SIZE // 4),
    "iban groups": "GB82 " * (SIZE // 5),
    "brackets": "(0" * (SIZE // 2),
    "plus": "+1" * (SIZE // 2),
    "quotes": "a'" * (SIZE // 2) + "@",
    "dotted": "1." * (SIZE // 2),
    "years": "2010-2011 " * (SIZE // 10),
}


@pytest.mark.timeout(100)
@pytest.mark.parametrize("kind", PATTERNED)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_detector_comes_to_the_end_of_a_megabyte_of_anything(kind: str, name: str) -> None:
    """A pattern that goes back over what it has read would take hours, and so run into the timeout."""
    detector: Any = registry.load(detectors, kind)
    if pl.Series([HOSTILE[name]]).str.contains(detector.HINT).all():
        for span in detector.spans(HOSTILE[name], detector.Params()):
            assert 0 <= span.start < span.end <= SIZE + 5
