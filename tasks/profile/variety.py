"""How varied the words of some texts are."""

import math
import zlib
from collections.abc import Iterable, Sequence

import numpy as np

from tasks.manifests.profile import Distinct
from tasks.profile.words import Numbers, Words, draw, ngrams

FACTOR = 0.72
"""Type-token ratio at which a factor of MTLD is full."""
LEVEL = 6


def distinct(words: Words, n: int) -> float:
    """Share of n-grams that are different: unique n-grams / n-grams.

    In (0, 1]; 1 = no n-gram occurs twice; NaN without any. It falls with the size of the text, so compare equal sizes
    only. Li et al., NAACL 2016, arXiv 1510.03055.
    """
    grams = ngrams(words, n)
    return len(np.unique(grams)) / len(grams) if len(grams) else math.nan


def distinct_of_draws(words: Words, n: int, size: int, draws: int, rng: np.random.Generator) -> Distinct:
    """Mean and standard deviation of `distinct` over draws of `size` words each, texts in a random order; None if there
    are fewer words.
    """
    if len(words.ids) < size:
        return Distinct(mean=None, sd=None)
    values = [distinct(draw(words, size, rng), n) for _ in range(draws)]
    return Distinct(mean=float(np.mean(values)), sd=float(np.std(values)))


def compression_ratio(texts: list[str], rng: np.random.Generator) -> float:
    """Bytes of the texts, joined by newlines in a random order, / bytes after zlib level 6.

    At least about 1; higher = more repetition; NaN for no text. The order is drawn since zlib sees only the last 32 KB.
    Shaib et al. 2024, arXiv 2403.00553 (whose own code compresses twice and is some 3 % off).
    """
    raw = "\n".join([texts[place] for place in rng.permutation(len(texts)).tolist()]).encode("utf-8", "replace")
    return len(raw) / len(zlib.compress(raw, LEVEL)) if raw else math.nan


def mtld(ids: Numbers | Sequence[object]) -> float:
    """Measure of textual lexical diversity: mean number of words in a row until their type-token ratio falls to .72.

    A factor ends when types / words <= .72; what is left at the end counts as (1 - ttr) / (1 - .72) of a factor. Mean
    of reading forwards and backwards, in words, > 0; higher = more varied; NaN for no word, infinite where no word
    occurs twice. McCarthy and Jarvis, Behavior Research Methods 42 (2010).
    """
    forwards = list(ids)
    return (_factor_length(forwards) + _factor_length(reversed(forwards))) / 2


def _factor_length(words: Iterable[object]) -> float:
    seen: set[object] = set()
    total = since = 0
    factors = 0.0
    for word in words:
        total, since = total + 1, since + 1
        seen.add(word)
        if len(seen) / since <= FACTOR:
            factors, since = factors + 1, 0
            seen.clear()
    if since:
        factors += (1 - len(seen) / since) / (1 - FACTOR)
    if not total:
        return math.nan
    return total / factors if factors else math.inf
