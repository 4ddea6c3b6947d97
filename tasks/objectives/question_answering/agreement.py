"""How far an answer agrees with those that are right: exact match and F1 over words (SQuAD: Rajpurkar et al. 2016; in
any language as MLQA: Lewis et al. 2020). In scripts without spaces each letter with its marks is a word, and only in
English are articles left out.
"""

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence

import polars as pl

from tasks.text.words import CLUSTER, UNSPACED

ARTICLES = re.compile(r"\b(a|an|the)\b")
MARKS = rf"[\p{{P}}{re.escape(string.punctuation)}]"
ENGLISH = re.compile(r"\b(the|is|of|and)\b", re.IGNORECASE)
"""Words of which English texts have one in ten; other languages hardly any."""


def is_english(texts: Iterable[str]) -> bool:
    """Say whether texts are English, by its commonest words."""
    words = english = 0
    for text in texts:
        words += len(text.split())
        english += len(ENGLISH.findall(text))
    return english > 0.05 * words


def words(answers: Sequence[str], *, english: bool) -> list[list[str]]:
    """Give the words of answers that count: lower-cased, without signs."""
    bare = pl.Series(list(answers), dtype=pl.String).str.to_lowercase().str.replace_all(MARKS, "")
    if english:
        bare = pl.Series([ARTICLES.sub(" ", text) for text in bare.to_list()], dtype=pl.String)
    if bare.str.contains(UNSPACED).any():
        bare = bare.str.replace_all(f"({CLUSTER})", " $1 ")
    return [text.split() for text in bare.to_list()]


def agreement(answer: Sequence[str], right: Sequence[str]) -> tuple[float, float]:
    """Give exact match and F1 of two answers' words; where either has none, F1 is 1 if both have none."""
    if not answer or not right:
        same = float(list(answer) == list(right))
        return same, same
    shared = sum((Counter(answer) & Counter(right)).values())
    return float(list(answer) == list(right)), 2 * shared / (len(answer) + len(right))


def best(answer: Sequence[str], right: Iterable[Sequence[str]]) -> tuple[float, float]:
    """Give the largest exact match and F1 of an answer over those that are right, each by itself."""
    both = [agreement(answer, one) for one in right]
    return max(exact for exact, _ in both), max(f1 for _, f1 in both)
