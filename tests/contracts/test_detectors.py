"""Laws of every detector of personal data: its spans lie in the text, are found in whatever stands around them, and are
gone once they are replaced."""

import itertools
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core import registry
from tasks.personal import detectors
from tasks.personal.redact import redacted, tag
from tasks.personal.scan import find
from tasks.personal.settings import DetectorSettings, versions

FOUND = {
    "address": "She lives in Berlin now.",
    "card": "pay with 4111 1111 1111 1111 today",
    "email": "write to jane.doe@example.org soon",
    "iban": "to GB82 WEST 1234 5698 7654 32 please",
    "ip": "from 8.8.8.8 again",
    "name": "Barack Obama said so.",
    "national-id": "SSN 219-09-9998 on file",
    "phone": "call +46 8 928 571 38 now",
}
"""A text for each kind in which one piece of personal data stands."""
PIECES = ["4111 1111 1111 1111", "GB82 WEST 1234 5698 7654 32", "a@b.de", "8.8.8.8", "2001:db8::7334", "219-09-9998"]
PIECES += [
    "+46 (0)8 928 571 38",
    "212-555-0123",
    "call ",
    "fax: ",
    "SSN ",
    " ",
    ".",
    "-",
    "\n",
    "x",
    "é",
    "1",
    "23",
    "@",
]
PIECES += ["+", "用", "[EMAIL]"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=10).map("".join) | st.text(max_size=40)


def params_of(kind: str) -> DetectorSettings:
    return registry.load(detectors, kind).Params()


def installed(kind: str) -> bool:
    try:
        return bool(versions([params_of(kind)]) or True)
    except ValueError:
        return False


HERE = [kind for kind in registry.names(detectors) if installed(kind)]


def spans(kind: str, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
    """What the detector says of each text, without a look at its hint."""
    module: Any = registry.load(detectors, kind)
    if hasattr(module, "spans_of"):
        return [list(found) for found in module.spans_of(texts, params_of(kind))]
    return [list(module.spans(text, params_of(kind))) for text in texts]


def test_only_what_needs_a_package_beside_the_house_may_be_missing() -> None:
    assert set(registry.names(detectors)) - set(HERE) <= {"address", "name"}


@pytest.mark.parametrize("kind", HERE)
@given(texts=st.lists(TEXTS, max_size=4))
@settings(max_examples=60)
def test_spans_lie_in_the_text_and_the_hint_lets_every_one_pass(kind: str, texts: list[str]) -> None:
    hinted = pl.Series(texts, dtype=pl.String).str.contains(registry.load(detectors, kind).HINT)
    for text, inside, hint in zip(texts, spans(kind, texts), hinted, strict=True):
        assert all(0 <= start < end <= len(text) for start, end in inside)
        assert hint or not inside, "a text that is not asked about holds something"


@pytest.mark.parametrize("kind", HERE)
@given(texts=st.lists(TEXTS, max_size=4))
@settings(max_examples=60)
def test_what_was_found_is_apart_and_gone_once_it_is_replaced(kind: str, texts: list[str]) -> None:
    asked = [params_of(kind)]
    for settled in find(pl.Series(texts, dtype=pl.String), asked).values():
        assert all(left.end <= right.start for left, right in itertools.pairwise(settled))
    rows, new, counts = redacted(pl.Series(texts, dtype=pl.String), asked)
    assert set(counts) <= {kind}
    assert not find(new, asked)
    assert all(tag(kind) in text for text in new)
    assert rows.is_sorted()


@pytest.mark.parametrize("kind", HERE)
def test_one_piece_is_found_wherever_it_stands(kind: str) -> None:
    for around in ("{}", "Before it. {}", "{} And after.", "评论 {} ü"):
        text = around.format(FOUND[kind])
        ((row, settled),) = find(pl.Series([text]), [params_of(kind)]).items()
        assert row == 0
        assert [text[span.start : span.end] in FOUND[kind] for span in settled] == [True]
