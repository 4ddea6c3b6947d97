r"""Number of words (tasks/text/words.py) and tokens (words and signs), and their mean length in characters.

Codes: few_words, many_words, many_tokens, short_words, long_words. A mean length of 3 … 10 characters is Gopher's for
English web pages (Rae et al. 2021, arXiv 2112.11446, appendix A1.1); in scripts without spaces a word is one cluster of
letters, so it is not asked by default.

Recipe:
    kind: words
    least: 5
    most: 1000
"""

from typing import Literal, Self

import polars as pl
from pydantic import Field, model_validator

from tasks.clean.settings import FilterSettings


class Params(FilterSettings):
    """Settings of the filter."""

    kind: Literal["words"] = "words"
    least: int = Field(default=1, ge=1)
    """Fewest words."""
    most: int | None = Field(default=None, ge=1)
    """Most words."""
    most_tokens: int | None = Field(default=None, ge=1)
    """Most words and signs."""
    least_length: float = Field(default=0.0, ge=0)
    """Least mean length of a word: letters and digits / words."""
    most_length: float | None = Field(default=None, gt=0)
    """Largest mean length of a word."""

    @model_validator(mode="after")
    def _some_number_is_left(self) -> Self:
        if self.most is not None and self.least > self.most:
            raise ValueError(f"least is {self.least:,}, above most, {self.most:,}: no text would stay")
        if self.most_length is not None and self.least_length > self.most_length:
            raise ValueError(f"least_length is {self.least_length:g}, above most_length, {self.most_length:g}")
        return self


def reason(params: Params) -> pl.Expr:
    """Say why a text is dropped."""
    words, length = pl.col("words"), (pl.col("letters") + pl.col("digits")) / pl.col("words")
    return (
        pl.when(words < params.least)
        .then(pl.lit("few_words"))
        .when(words > params.most if params.most else pl.lit(value=False))
        .then(pl.lit("many_words"))
        .when(pl.col("tokens") > params.most_tokens if params.most_tokens else pl.lit(value=False))
        .then(pl.lit("many_tokens"))
        .when(length < params.least_length)
        .then(pl.lit("short_words"))
        .when(length > params.most_length if params.most_length else pl.lit(value=False))
        .then(pl.lit("long_words"))
    )
