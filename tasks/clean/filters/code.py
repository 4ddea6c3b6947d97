"""Source code: written by people, in lines, with letters, and, for Python, such that it parses.

Codes: generated_code, long_lines, few_code_letters, few_comments, many_comments, not_python. Line lengths (mean 100,
longest 1,000) and a quarter of letters and digits are the limits of The Stack's and CodeParrot's cleaning (Kocetkov et
al. 2022, arXiv 2211.15533; Tunstall et al. 2022, chapter 10); a share of comment lines of at most 0.8 is StarCoder's
(Li et al. 2023, arXiv 2305.06161, section 3.1). Needs clean.keep_lines.

Recipe:
    kind: code
    python: true
"""

import warnings
from typing import Literal, Self

import polars as pl
from pydantic import Field, model_validator

from tasks.clean.settings import FilterSettings
from tasks.core.syntax import parse

NEEDS_LINES = True
GENERATED = r"(?i)\A(?:.*\n){0,4}.*(?:auto-?generated|generated (?:by|from|using)|do not (?:edit|modify)|@generated)"
COMMENT = r"(?m)^\s*(?:#|//|/\*|\*|--|;|%)"


class Params(FilterSettings):
    """Settings of the filter."""

    kind: Literal["code"] = "code"
    mean_line: int = Field(default=100, ge=1)
    """Largest mean length of a line, in characters."""
    longest_line: int = Field(default=1_000, ge=1)
    """Longest line, in characters."""
    least_letters: float = Field(default=0.25, ge=0, le=1)
    """Least share of letters and digits among the characters."""
    least_comments: float = Field(default=0.0, ge=0, le=1)
    """Least share of lines that begin with a comment sign."""
    most_comments: float = Field(default=0.8, ge=0, le=1)
    """Largest share of such lines."""
    python: bool = False
    """Drop what Python cannot parse."""

    @model_validator(mode="after")
    def _some_share_is_left(self) -> Self:
        if self.least_comments > self.most_comments:
            raise ValueError(f"least_comments is {self.least_comments:g}, above most_comments, {self.most_comments:g}")
        return self


def reason(params: Params) -> pl.Expr:
    """Say why a text is dropped."""
    text = pl.col("text")
    lines = text.str.count_matches("\n") + 1
    comments = text.str.count_matches(COMMENT)
    longest = text.str.split("\n").list.eval(pl.element().str.len_chars()).list.max()
    broken = (
        text.map_batches(_unparsed, return_dtype=pl.Boolean, is_elementwise=True)
        if params.python
        else pl.lit(value=False)
    )
    return (
        pl.when(text.str.contains(GENERATED))
        .then(pl.lit("generated_code"))
        .when((pl.col("chars") > params.mean_line * lines) | (longest > params.longest_line))
        .then(pl.lit("long_lines"))
        .when(pl.col("letters") + pl.col("digits") < params.least_letters * pl.col("chars"))
        .then(pl.lit("few_code_letters"))
        .when(comments < params.least_comments * lines)
        .then(pl.lit("few_comments"))
        .when(comments > params.most_comments * lines)
        .then(pl.lit("many_comments"))
        .when(broken)
        .then(pl.lit("not_python"))
    )


def _unparsed(texts: pl.Series) -> pl.Series:
    # polars hands rows that an earlier branch has decided over as nulls
    return pl.Series([text is not None and not parses(text) for text in texts], dtype=pl.Boolean)


def parses(text: str) -> bool:
    """Say whether Python can parse a text; it is not run."""
    try:
        with warnings.catch_warnings(action="ignore"):
            parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
