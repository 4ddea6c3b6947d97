"""Texts that repeat themselves: lines, paragraphs and runs of words (Gopher: Rae et al. 2021, arXiv 2112.11446, table
A1).

Codes: repeated_lines, repeated_paragraphs, repeated_words. Shares are of characters, for lines and paragraphs of their
number, too. The most frequent run of 2, 3 or 4 words may take 20, 18 or 16 % of the characters, all runs of 5 … 10
words that occur more than once 15 … 10 %. A run that occurs once repeats nothing, however short the text is. Words are
what white space separates, as in the paper; in scripts written without spaces, grapheme clusters.

Recipe:
    kind: repetition
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

import polars as pl
from pydantic import Field

from tasks.clean.settings import FilterSettings
from tasks.text.words import space_clusters

TOP = {2: 0.20, 3: 0.18, 4: 0.16}
REPEATED = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}


class Params(FilterSettings):
    """Settings of the filter."""

    kind: Literal["repetition"] = "repetition"
    lines: float = Field(default=0.30, ge=0, le=1)
    """Largest share of repeated lines, and of repeated paragraphs."""
    line_chars: float = Field(default=0.20, ge=0, le=1)
    """Largest share of their characters."""
    words: float = Field(default=1.0, ge=0)
    """Factor on the thresholds for runs of words; 0 leaves none that repeats a run, a large one does not ask."""


def reason(params: Params) -> pl.Expr:
    """Say why a text is dropped."""

    def told(texts: pl.Series) -> pl.Series:
        spaced = space_clusters(texts)
        return pl.Series([_reason(*both, params) for both in zip(texts, spaced, strict=True)], dtype=pl.String)

    return pl.col("text").map_batches(told, return_dtype=pl.String, is_elementwise=True)


def _reason(text: str, spaced: str, params: Params) -> str | None:
    if "\n" in text:
        for name, parts in (("lines", text.split("\n")), ("paragraphs", text.split("\n\n"))):
            number, chars = repeated(parts)
            if number > params.lines or chars > params.line_chars:
                return f"repeated_{name}"
    return "repeated_words" if repeats_words(spaced.split(), params.words) else None


def repeated(parts: Sequence[str]) -> tuple[float, float]:
    """Give the share of parts that stand there before, and the share of their characters; empty parts do not count."""
    counts = Counter(stripped for part in parts if (stripped := part.strip()))
    again = sum(count - 1 for count in counts.values())
    chars = sum(len(part) * (count - 1) for part, count in counts.items())
    return again / max(1, counts.total()), chars / max(1, sum(len(part) * count for part, count in counts.items()))


def repeats_words(words: Sequence[str], factor: float = 1.0) -> bool:
    """Say whether runs of words repeat beyond the thresholds."""
    chars = sum(map(len, words))
    pairs = Counter(pairwise(words))
    if not pairs or max(pairs.values()) == 1:  # then no longer run repeats either
        return False
    for size, most in TOP.items():
        runs = pairs if size == 2 else Counter(_runs(words, size))
        top = max((_chars(run) * count for run, count in runs.items() if count > 1), default=0)
        if top > most * factor * chars:
            return True
        if not top:
            return False
    return any(_covered(words, size) > most * factor * chars for size, most in REPEATED.items())


def _covered(words: Sequence[str], size: int) -> int:
    """Count the characters of words that lie in a run that stands there before; no word twice."""
    seen: set[tuple[str, ...]] = set()
    found = end = 0
    for start, run in enumerate(_runs(words, size)):
        if run in seen:
            found += _chars(words[max(start, end) : start + size])
            end = start + size
        seen.add(run)
    return found


def _runs(words: Sequence[str], size: int) -> Iterable[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(size)), strict=False)


def _chars(words: Iterable[str]) -> int:
    return sum(map(len, words))
