"""Laws of every filter: an expression that gives a documented reason code or null, for each text by itself."""

import re

import polars as pl
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.clean import filters
from tasks.clean.measure import measured
from tasks.clean.normalise import normalised
from tasks.core import registry

every_filter = pytest.mark.parametrize("kind", registry.names(filters))
WORDS = st.sampled_from(
    ["the", "a", "report", "Haus", "import x", "{", "}", "12", "!!", "…", "•", "#", "AAAA", "评论", "javascript"]
)
LINES = st.lists(WORDS, max_size=12).map(" ".join)
TEXTS = st.lists(LINES | st.text(max_size=40), max_size=8).map("\n".join)
POOR = [
    "x",
    "the the the the the the the the the the",
    "same line\nsame line\nsame line\nsame line",
    "12 34 -- 56",
    "STOP SHOUTING AT ME NOW",
    "das ist ein langer deutscher Satz, der hier nicht hingehört",
    "lorem ipsum dolor {",
    "• one\n• two\n• three",
    "and so on…\nand more…\nand on…",
    "!!! ??? ### ***",
    "a" * 2_000,
]


def judged(kind: str, texts: list[str]) -> pl.Series:
    """Reasons for texts, as cleaning asks for them: normalised, with their counts."""
    clean = normalised(pl.Series("text", texts, dtype=pl.String), keep_lines=True)
    rows = pl.DataFrame([clean]).hstack(measured(clean))
    return rows.select(reason=registry.load(filters, kind).reason(params(kind)))["reason"]


def params(kind: str) -> object:
    """Settings as the filter's own documentation shows them."""
    module = registry.load(filters, kind)
    return module.Params.model_validate(yaml.safe_load((module.__doc__ or "").partition("Recipe:\n")[2]))


def documented(kind: str) -> set[str]:
    """Reason codes that the documentation names after `Code:` or `Codes:`."""
    _, _, after = (registry.load(filters, kind).__doc__ or "").partition("\nCode")
    return set(re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", after.partition("\n\n")[0]))


@every_filter
@given(texts=st.lists(TEXTS, max_size=5))
@example(texts=POOR)
def test_a_text_has_a_documented_code_or_none_whatever_stands_beside_it(kind: str, texts: list[str]) -> None:
    reasons = judged(kind, texts)
    assert reasons.dtype == pl.String
    assert len(reasons) == len(texts)
    assert set(reasons.drop_nulls()) <= documented(kind)
    assert reasons.to_list() == [judged(kind, [text])[0] for text in texts]


@every_filter
def test_a_filter_drops_something_poor_and_keeps_plain_prose_of_its_kind(kind: str) -> None:
    assert judged(kind, POOR).is_not_null().any()
    assert judged(kind, [GOOD.get(kind, PROSE)]).is_null().all()


PROSE = (
    "The committee met on Tuesday and agreed to publish the report that the members of the board have long asked for.\n"
    "They will meet again with all of those who have been to the last one, to talk of what that report has to say.\n"
    "It will be pleased to have the answers of the public, and to talk about them with all who come to the next one."
)
GOOD = {
    "stop-words": "Der Ausschuss kam am Dienstag zusammen und beschloss, den Bericht mit allen Zahlen zu drucken.",
    "code": 'def add(a, b):\n    """Add two numbers."""\n    return a + b\n',
}
