"""FineWeb's rules for pages: lines that end like sentences, are not repeated and not all short (Penedo et al. 2024,
arXiv 2406.17557, section 3.6).

Codes: few_sentence_lines (at most 12 % of the lines end in a terminal mark), repeated_line_chars (a tenth of the
characters or more in repeated lines), short_lines (67 % of the lines or more under 30 characters). Needs
clean.keep_lines.

Recipe:
    kind: fineweb-lines
"""

from typing import Literal

import polars as pl
from pydantic import Field

from tasks.clean.settings import FilterSettings

NEEDS_LINES = True
SHORT = 30


class Params(FilterSettings):
    """Settings of the filter; shares are 0..1."""

    kind: Literal["fineweb-lines"] = "fineweb-lines"
    least_ended: float = Field(default=0.12, ge=0, le=1)
    """Share of lines with a terminal mark at the end that a text must exceed."""
    most_repeated: float = Field(default=0.1, ge=0, le=1)
    """Share of characters in repeated lines that a text must not reach."""
    most_short: float = Field(default=0.67, ge=0, le=1)
    """Share of lines under 30 characters that a text must not reach."""


def reason(params: Params) -> pl.Expr:
    """Say why a text is dropped."""
    line = pl.element()
    lines = pl.col("text").str.split("\n").list.eval(line.str.strip_chars()).list.eval(line.filter(line != ""))
    count = lines.list.len()
    ended = lines.list.eval(line.str.contains(r"[.!?。！？؟][\"'”’」』)]*$")).list.sum()
    short = lines.list.eval(line.str.len_chars() < SHORT).list.sum()
    chars = lines.list.eval(line.str.len_chars()).list.sum()
    once = lines.list.eval(line.filter(line.is_first_distinct()).str.len_chars()).list.sum()
    return (
        pl.when(ended <= params.least_ended * count)
        .then(pl.lit("few_sentence_lines"))
        .when(chars - once >= params.most_repeated * chars)
        .then(pl.lit("repeated_line_chars"))
        .when(short >= params.most_short * count)
        .then(pl.lit("short_lines"))
    )
