"""Stop words: a text in a language has some of its commonest words; lists of keywords and menus have none.

Code: few_stop_words. Gopher wants at least two of the, be, to, of, and, that, have, with on an English web page (Rae et
al. 2021, arXiv 2112.11446, appendix A1.1). For the other languages these are their dozen commonest function words.

Recipe:
    kind: stop-words
    language: de
    least: 2
"""

from typing import Literal

import polars as pl
from pydantic import Field

from tasks.clean.settings import FilterSettings

WORDS = {
    "en": "the be to of and that have with",
    "de": "der die und in den von zu das mit sich des auf ist nicht",
    "fr": "de la le et les des en un une du que est pour dans",
    "es": "de la que el en y a los se del las un por con",
    "it": "di e il la che in un per una non con del sono da",
    "pt": "de a o que e do da em um para com uma os no",
    "nl": "de van een het en in is dat op te zijn met voor",
}


class Params(FilterSettings):
    """Settings of the filter."""

    kind: Literal["stop-words"] = "stop-words"
    language: Literal["en", "de", "fr", "es", "it", "pt", "nl"] = "en"
    """ISO 639-1 code of the words that count."""
    least: int = Field(default=2, ge=0)
    """Fewest of them in a text, repetitions counted."""
    least_share: float = Field(default=0.0, ge=0, le=1)
    """Least share of them among the words."""


def reason(params: Params) -> pl.Expr:
    """Say why a text is dropped."""
    found = pl.col("text").str.count_matches(rf"(?i)\b(?:{'|'.join(WORDS[params.language].split())})\b")
    return pl.when((found < params.least) | (found < params.least_share * pl.col("words"))).then(
        pl.lit("few_stop_words")
    )
