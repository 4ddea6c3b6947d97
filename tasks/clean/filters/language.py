"""Language of a text, by py3langid.

Code: other_language. Short texts cannot be told and stay. py3langid (Lui & Baldwin 2012's langid.py) takes a fraction
    of a millisecond a text: ask
it last.

Recipe:
    kind: language
    keep: [en, de]
"""

from typing import Literal

import polars as pl
from pydantic import Field, field_validator

from tasks.clean.languages import code_of
from tasks.clean.settings import FilterSettings


class Params(FilterSettings):
    """Settings of the filter."""

    kind: Literal["language"] = "language"
    keep: tuple[str, ...] = Field(default=("en",), min_length=1)
    """Languages that stay, by their codes (ISO 639) or English names."""
    least_chars: int = Field(default=20, ge=0)
    """Shorter texts stay whatever they seem."""

    @field_validator("keep")
    @classmethod
    def _as_codes(cls, keep: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(code_of, keep)))


def reason(params: Params) -> pl.Expr:
    """Say why a text is dropped."""
    told = pl.col("text").map_batches(languages, return_dtype=pl.String, is_elementwise=True)
    return pl.when((pl.col("chars") >= params.least_chars) & told.is_in(params.keep).not_()).then(
        pl.lit("other_language")
    )


def languages(texts: pl.Series) -> pl.Series:
    """Give the most probable language of each text."""
    from py3langid.langid import classify

    return pl.Series([classify(text)[0] for text in texts], dtype=pl.String)
