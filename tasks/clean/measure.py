r"""Counts that filters judge texts by: characters, words, tokens, letters, digits, capitals, signs.

Words and signs are those of `tasks.text.words`, a token is either; letters are `\p{L}`, digits `\p{Nd}`, capitals
`\p{Lu}`. Texts are counted many at once: plain ASCII, most text there is, by comparing its bytes, other texts by a
table of code points. The patterns themselves count only the characters of the table, and texts that are too long or too
rare for it.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.text.words import EXTENDERS, SIGN, SPACED, UNSPACED, WORD

BLOCK_TEXTS = 1024
"""Texts counted at once; their arrays then stay in a core's cache."""
LONGEST = 60_000
"""Bytes of the longest text that is counted so: its counts fit in the table's 16 bits."""
COMMON = 0x20000
"""Size of the table, in characters."""
SEPARATOR = "\n"
PATTERNS = {"letters": r"\p{L}", "digits": r"\p{Nd}", "capitals": r"\p{Lu}", "signs": SIGN}
"""What a character may be counted as, 16 bits of one 64-bit number each."""
MARK, IN_RUN, ALONE = 1, 2, 3
"""What a character is in words: it continues one, it stands in a run that is one, it begins one of its own; else 0."""
COUNTS = ("chars", "words", "tokens", *PATTERNS)
Laid = tuple[NDArray[Any], NDArray[np.int64]]
"""The characters of texts, each text ended by SEPARATOR, as numbers; and where each text starts."""
Counts = tuple[NDArray[Any], ...]
"""Words, then what PATTERNS counts, of each text."""


def measured(texts: pl.Series) -> pl.DataFrame:
    """Count each text: one column per count, 32-bit, no nulls."""
    size = texts.str.len_bytes()
    short, plain = size <= LONGEST, size == texts.str.len_chars()
    common = plain.clone().scatter((~plain).arg_true(), ~texts.filter(~plain).str.contains(r"[\x{20000}-\x{10ffff}]"))
    ways: list[tuple[pl.Series, Callable[[pl.Series], pl.DataFrame]]] = [
        (short & plain, lambda some: _in_blocks(some, in_bytes, _by_bytes)),
        (short & common & ~plain, lambda some: _in_blocks(some, _code_points, _by_table)),
        (~(short & common), _by_pattern),
    ]
    places = pl.concat([chosen.arg_true() for chosen, _ in ways])
    return pl.concat([count(texts.filter(chosen)) for chosen, count in ways if chosen.any()] or [_by_pattern(texts)])[
        places.arg_sort()
    ]


def _in_blocks(
    texts: pl.Series, lay: Callable[[pl.Series], Laid], count: Callable[[NDArray[Any], NDArray[np.int64]], Counts]
) -> pl.DataFrame:
    blocks = [count(*lay(texts.slice(start, BLOCK_TEXTS))) for start in range(0, len(texts), BLOCK_TEXTS)]
    words, *others = (np.concatenate(each) for each in zip(*blocks, strict=True))
    counts = dict(zip(PATTERNS, others, strict=True))
    return _frame(
        {"chars": texts.str.len_chars().to_numpy(), "words": words, "tokens": words + counts["signs"], **counts}
    )


def in_bytes(texts: pl.Series) -> Laid:
    """Lay texts out as UTF-8."""
    held = (texts + SEPARATOR).to_arrow()
    _, places, data = held.buffers()
    starts = np.frombuffer(places, np.int64)[held.offset : held.offset + len(held)]
    end = int(np.frombuffer(places, np.int64)[held.offset + len(held)])
    return np.frombuffer(data, np.uint8)[starts[0] : end], starts - starts[0]


def _code_points(texts: pl.Series) -> Laid:
    joined = SEPARATOR.join([*texts, ""])
    ends = np.cumsum(texts.str.len_chars().to_numpy().astype(np.int64) + len(SEPARATOR))
    return np.frombuffer(joined.encode("utf-32-le"), "<u4"), np.concatenate([np.zeros(1, np.int64), ends[:-1]])


def _by_bytes(found: NDArray[np.uint8], firsts: NDArray[np.int64]) -> Counts:
    """Count ASCII; what is below the start of a range wraps round to above its end."""
    letters, capitals, digits = (
        (some - np.uint8(ord(first))) < size
        for some, first, size in ((found | 0x20, "a", 26), (found, "A", 26), (found, "0", 10))
    )
    in_word = letters | digits | (found == ord("_"))
    signs = ~(in_word | (found - np.uint8(ord("\t")) < 5) | (found == ord(" ")))
    return tuple(
        np.add.reduceat(each, firsts, dtype=np.uint32) for each in (_begins(in_word), letters, digits, capitals, signs)
    )


def _by_table(found: NDArray[np.uint32], firsts: NDArray[np.int64]) -> Counts:
    counted, kinds = _table()
    packed = np.add.reduceat(np.take(counted, found, mode="clip"), firsts)
    fields = packed.astype("<u8").view("<u2").reshape(-1, len(PATTERNS)).astype(np.uint32)
    begins = _begin_words(np.take(kinds, found, mode="clip"))
    return np.add.reduceat(begins, firsts, dtype=np.uint32), *fields.T


def _begin_words(kinds: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Say which characters begin a word: each that stands alone, and of spaced ones the first of a run.

    A mark is of the kind of the character that it stands on.
    """
    marks = kinds == MARK
    if marks.any():
        bases = np.maximum.accumulate(np.where(marks, 0, np.arange(len(kinds))))
        kinds = kinds[bases]
    spaced = kinds == IN_RUN
    return (_begins(spaced) | (kinds == ALONE)) & ~marks


def _begins(in_word: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say which characters begin a word."""
    begins = in_word.copy()
    begins[1:] &= ~in_word[:-1]
    return begins


@functools.cache
def _table() -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Give for each of the first characters what it is counted as, and its kind in words."""
    codes = np.arange(COMMON, dtype="<u4")
    codes[0xD800:0xE000] = 0  # halves of surrogate pairs stand in no text
    characters = pl.Series(list(codes.tobytes().decode("utf-32-le")))
    found = _by_pattern(characters)
    counted = np.zeros(COMMON, np.uint64)
    for place, name in enumerate(PATTERNS):
        counted += found[name].to_numpy().astype(np.uint64) << np.uint64(16 * place)
    kinds = np.zeros(COMMON, np.uint8)
    for kind, pattern in ((MARK, EXTENDERS), (IN_RUN, SPACED), (ALONE, UNSPACED)):
        kinds[characters.str.contains(pattern).to_numpy()] = kind
    return counted, kinds


def _by_pattern(texts: pl.Series) -> pl.DataFrame:
    named = pl.DataFrame({"text": texts}).select(
        chars=pl.col("text").str.len_chars(),
        words=pl.col("text").str.count_matches(WORD),
        **{name: pl.col("text").str.count_matches(pattern) for name, pattern in PATTERNS.items()},
    )
    return _frame(
        {name: named[name].to_numpy() for name in named.columns}
        | {"tokens": (named["words"] + named["signs"]).to_numpy()}
    )


def _frame(counts: dict[str, NDArray[Any]]) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series(counts[name], dtype=pl.UInt32) for name in COUNTS})
