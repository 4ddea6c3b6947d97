"""Shares of a text's characters: letters, digits, capitals among the letters, signs.

Codes: few_letters, many_digits, many_capitals, many_signs. Gopher wants a letter in 80 % of the words and at most a
tenth of signs such as # and … (Rae et al. 2021, arXiv 2112.11446, appendix A1.1); shares of characters are what tables,
keyboard mashing and shouting show first. The defaults are ours.

Recipe:
    kind: characters
    least_letters: 0.6
"""

from typing import Literal

import polars as pl
from pydantic import Field

from tasks.clean.settings import FilterSettings


class Params(FilterSettings):
    """Settings of the filter; shares are 0..1."""

    kind: Literal["characters"] = "characters"
    least_letters: float = Field(default=0.5, ge=0, le=1)
    """Least share of letters among the characters."""
    most_digits: float = Field(default=0.3, ge=0, le=1)
    """Largest share of digits among the characters."""
    most_capitals: float = Field(default=0.7, ge=0, le=1)
    """Largest share of capitals among the letters."""
    most_signs: float = Field(default=0.3, ge=0, le=1)
    """Largest share of signs among the characters."""


def reason(params: Params) -> pl.Expr:
    """Say why a text is dropped."""
    chars = pl.col("chars")
    return (
        pl.when(pl.col("letters") < params.least_letters * chars)
        .then(pl.lit("few_letters"))
        .when(pl.col("digits") > params.most_digits * chars)
        .then(pl.lit("many_digits"))
        .when(pl.col("capitals") > params.most_capitals * pl.col("letters"))
        .then(pl.lit("many_capitals"))
        .when(pl.col("signs") > params.most_signs * chars)
        .then(pl.lit("many_signs"))
    )
