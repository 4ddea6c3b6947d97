r"""Counts that filters judge texts by: characters, words, tokens, letters, digits, capitals, signs.

A word is a match of `\w+`, a sign one of `[^\w\s]`, a token either; letters are `\p{L}`, digits `\p{Nd}`, capitals `\p{Lu}`. Texts are counted
by table, many at once: plain ASCII, most text there is, over its bytes, other texts over their code points. The patterns themselves count
only the characters of the tables, and texts that are too long or too rare for them.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

BLOCK_TEXTS = 1024
"""Texts counted at once; their arrays then stay in a core's cache."""
LONGEST = 60_000
"""Bytes of the longest text that is counted by table: its counts fit in 16 bits."""
ASCII, COMMON = 0x80, 0x20000
"""Sizes of the two tables, in characters."""
SEPARATOR = "\n"
PATTERNS = {"letters": r"\p{L}", "digits": r"\p{Nd}", "capitals": r"\p{Lu}", "signs": r"[^\w\s]"}
"""What a character may be counted as, 16 bits of one 64-bit number each."""
COUNTS = ("chars", "words", "tokens", *PATTERNS)
Laid = tuple[NDArray[Any], NDArray[np.int64]]
"""The characters of texts, each text ended by SEPARATOR, as numbers; and where each text starts."""


def measured(texts: pl.Series) -> pl.DataFrame:
    """Count each text: one column per count, 32-bit, no nulls."""
    size = texts.str.len_bytes()
    short, plain = size <= LONGEST, size == texts.str.len_chars()
    common = plain.clone().scatter((~plain).arg_true(), ~texts.filter(~plain).str.contains(r"[\x{20000}-\x{10ffff}]"))
    ways: list[tuple[pl.Series, Callable[[pl.Series], pl.DataFrame]]] = [
        (short & plain, lambda some: _by_table(some, ASCII, in_bytes)),
        (short & common & ~plain, lambda some: _by_table(some, COMMON, _code_points)),
        (~(short & common), _by_pattern),
    ]
    places = pl.concat([chosen.arg_true() for chosen, _ in ways])
    return pl.concat([count(texts.filter(chosen)) for chosen, count in ways if chosen.any()] or [_by_pattern(texts)])[places.arg_sort()]


def _by_table(texts: pl.Series, characters: int, lay: Callable[[pl.Series], Laid]) -> pl.DataFrame:
    blocks = [_block(*lay(texts.slice(start, BLOCK_TEXTS)), *_table(characters)) for start in range(0, len(texts), BLOCK_TEXTS)]
    packed, words = (np.concatenate([block[place] for block in blocks]) for place in (0, 1))
    fields = packed.astype("<u8").view("<u2").reshape(-1, 4).astype(np.uint32)
    counts = dict(zip(PATTERNS, fields.T, strict=True))
    return _frame({"chars": texts.str.len_chars().to_numpy(), "words": words, "tokens": words + counts["signs"], **counts})


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


def _block(found: NDArray[Any], firsts: NDArray[np.int64], counted: NDArray[np.uint64], in_words: NDArray[np.bool_]) -> tuple[NDArray[Any], ...]:
    in_word = np.take(in_words, found, mode="clip")
    begins = in_word.copy()
    begins[1:] &= ~in_word[:-1]
    return np.add.reduceat(np.take(counted, found, mode="clip"), firsts), np.add.reduceat(begins, firsts, dtype=np.uint32)


@functools.cache
def _table(characters: int) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Give for each of the first characters what it is counted as, and whether it belongs to a word."""
    codes = np.arange(characters, dtype="<u4")
    codes[0xD800:0xE000] = 0  # halves of surrogate pairs stand in no text
    found = _by_pattern(pl.Series(list(codes.tobytes().decode("utf-32-le"))))
    counted = np.zeros(characters, np.uint64)
    for place, name in enumerate(PATTERNS):
        counted += found[name].to_numpy().astype(np.uint64) << np.uint64(16 * place)
    return counted, found["words"].to_numpy() > 0


def _by_pattern(texts: pl.Series) -> pl.DataFrame:
    named = pl.DataFrame({"text": texts}).select(
        chars=pl.col("text").str.len_chars(),
        words=pl.col("text").str.count_matches(r"\w+"),
        **{name: pl.col("text").str.count_matches(pattern) for name, pattern in PATTERNS.items()},
    )
    return _frame({name: named[name].to_numpy() for name in named.columns} | {"tokens": (named["words"] + named["signs"]).to_numpy()})


def _frame(counts: dict[str, NDArray[Any]]) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series(counts[name], dtype=pl.UInt32) for name in COUNTS})
