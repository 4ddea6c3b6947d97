"""C4's rules for pages: no placeholder text, no braces, three sentences at least (Raffel et al. 2020, JMLR 21(140),
section 2.2).

Codes: placeholder_text, curly_bracket, few_sentences. A line counts when it ends in a terminal mark, has five words and
does not ask for JavaScript; C4 removes the other lines, this only counts sentences in those that stay, so texts are
kept or dropped whole. Needs clean.keep_lines.

Recipe:
    kind: c4-lines
    least_sentences: 3
"""

from typing import Literal

import polars as pl
from pydantic import Field

from tasks.clean.settings import FilterSettings

NEEDS_LINES = True
LINE_WORDS = 5


class Params(FilterSettings):
    """Settings of the filter."""

    kind: Literal["c4-lines"] = "c4-lines"
    least_sentences: int = Field(default=3, ge=0)
    """Fewest sentences in lines that count."""
    braces: bool = False
    """Keep texts with a curly bracket, as code has them."""


def reason(params: Params) -> pl.Expr:
    """Say why a text is dropped."""
    text, line = pl.col("text"), pl.element()
    counts = (
        line.str.contains(r"[.!?。！？؟][\"'”’」』)]*$")
        & (line.str.count_matches(r"\S+") >= LINE_WORDS)
        & line.str.contains(r"(?i)javascript").not_()
    )
    marks = (
        text.str.split("\n")
        .list.eval(line.str.strip_chars())
        .list.eval(line.filter(counts))
        .list.join(" ")
        .str.count_matches(r"[.!?。！？؟]+")
    )
    return (
        pl.when(text.str.contains(r"(?i)lorem ipsum"))
        .then(pl.lit("placeholder_text"))
        .when(text.str.contains(r"[{}]") if not params.braces else pl.lit(value=False))
        .then(pl.lit("curly_bracket"))
        .when(marks < params.least_sentences)
        .then(pl.lit("few_sentences"))
    )
