r"""Texts as numbered words, and their n-grams as single numbers, so that counting is numpy's work.

Words are those of `tasks.text.words`. N-grams never cross from one text to the next.
"""

from collections.abc import Hashable, Mapping
from typing import NamedTuple, TypeVar

import numpy as np
import polars as pl

from tasks.core.errors import RecipeError
from tasks.text.words import split_words

Name = TypeVar("Name", bound=Hashable)
Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]

BITS = 21
"""Bits of a word's number: three fit in 63 bits."""


class Words(NamedTuple):
    """Some texts, one after the other.

    Attributes:
        ids: number of every word, shape (words,); equal words of all texts read together have equal numbers.
        sizes: words of each text, shape (texts,).
    """

    ids: Numbers
    sizes: Numbers


def number_words(texts: Mapping[Name, pl.Series]) -> dict[Name, Words]:
    """Give the words of several sets of texts numbers by one vocabulary.

    Raises:
        RecipeError: more than 2^21 different words, far beyond any sample of texts.
    """
    lists = {name: split_words(own) for name, own in texts.items()}
    flat = pl.concat([pl.Series([], dtype=pl.String), *(own.explode().drop_nulls() for own in lists.values())])
    ids = flat.rank("dense").cast(pl.Int64).to_numpy() if len(flat) else np.empty(0, np.int64)
    if len(ids) and int(ids.max()) >= 1 << BITS:
        raise RecipeError(
            f"{int(ids.max()):,} different words in the samples of the profile, {1 << BITS:,} can be told apart; "
            "are these texts?"
        )
    sizes = {name: own.list.len().to_numpy().astype(np.int64) for name, own in lists.items()}
    ends = np.cumsum([size.sum() for size in sizes.values()])
    return {
        name: Words(ids[end - size.sum() : end], size) for (name, size), end in zip(sizes.items(), ends, strict=True)
    }


def ngrams(words: Words, n: int) -> Numbers:
    """Give the n-grams of all texts, each as one number; n = 1 .. 3."""
    text = np.repeat(np.arange(len(words.sizes)), words.sizes)
    count = max(0, len(words.ids) - n + 1)
    packed = np.zeros(count, np.int64)
    for place in range(n):
        packed = (packed << BITS) | words.ids[place : place + count]
    return packed[text[:count] == text[n - 1 :][:count]]


def draw(words: Words, size: int, rng: np.random.Generator) -> Words:
    """Draw texts in a random order until they have `size` words; the last one is cut."""
    order = rng.permutation(len(words.sizes))
    sizes = words.sizes[order]
    ends = np.cumsum(sizes)
    kept = np.clip(size - (ends - sizes), 0, sizes)
    starts = (np.cumsum(words.sizes) - words.sizes)[order]
    before = np.cumsum(kept) - kept
    places = np.arange(int(kept.sum())) + np.repeat(starts - before, kept)
    return Words(words.ids[places], kept)
