"""How many texts of a sample have none of the plain flaws, whatever their subject, length or language."""

import math

import polars as pl

from tasks.text.words import UNSPACED

SHORTEST_WORD, LONGEST_WORD = 3, 10
"""Bounds of the mean length of a text's words, in characters."""
LETTERED = 0.8
"""Least share of words that hold a letter."""
MOST_SIGNS = 0.1
"""Most hash signs and ellipses a word."""
FEWEST_WORDS = 2


def flawless(texts: pl.Series) -> float:
    """Share of the texts that have at least two words, words of 3 to 10 characters in the mean, letters in 80 % of
    them, and at most one hash sign or ellipsis to ten words; in [0, 1], NaN for no texts.

    The rules that Gopher's makers kept web pages by (Rae et al. 2021, arXiv 2112.11446, table A1), without those on
    length and on English.
    """
    if not len(texts):
        return math.nan
    text, words = pl.col("text"), pl.col("text").str.extract_all(r"\S+")
    count = words.list.len()
    signs = text.str.count_matches(r"#|…|\.\.\.")
    length = text.str.count_matches(r"\S") / count
    spaced = ~text.str.contains(UNSPACED)
    lettered = words.list.eval(pl.element().str.contains(r"\p{L}")).list.sum()
    worded = (count >= FEWEST_WORDS) & length.is_between(SHORTEST_WORD, LONGEST_WORD) & (lettered >= LETTERED * count)
    good = worded & (signs <= MOST_SIGNS * count)
    plain = (text.str.len_chars() >= FEWEST_WORDS) & (signs <= MOST_SIGNS * text.str.len_chars())
    return float(
        pl.DataFrame({"text": texts.fill_null("")}).select(pl.when(spaced).then(good).otherwise(plain).mean()).item()
    )
