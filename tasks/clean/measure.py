r"""Counts that filters judge texts by: characters, words, tokens, letters, digits, capitals, signs.

A word is a match of `\w+`, a sign one of `[^\w\s]`, a token either; letters are `\p{L}`, digits `\p{Nd}`, capitals `\p{Lu}`. Plain ASCII, most
text there is, is counted by table over the bytes of many texts at once; other texts by regular expressions. Both give the same.
"""

import string
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

BLOCK_TEXTS = 1024
"""Texts counted at once; their arrays then stay in a core's cache."""
LONGEST = 60_000
"""Bytes of the longest text that is counted by table: its counts fit in 16 bits."""
SEPARATOR = "\n"
FIELDS = {"letters": string.ascii_letters, "digits": string.digits, "capitals": string.ascii_uppercase, "signs": string.punctuation.replace("_", "")}
"""What the bytes of a text are counted as, 16 bits of one 64-bit number each."""
COUNTS = ("chars", "words", "tokens", *FIELDS)
CONTROLS = "".join(chr(code) for code in (*range(9), *range(14, 32), 127))


def _packed() -> NDArray[np.uint64]:
    table = np.zeros(256, np.uint64)
    for place, members in enumerate(FIELDS.values()):
        found = members + CONTROLS if place == list(FIELDS).index("signs") else members
        table[list(found.encode())] += np.uint64(1 << 16 * place)
    return table


PACKED = _packed()
IN_WORD = np.isin(np.arange(256), list((string.ascii_letters + string.digits + "_").encode()))


def measured(texts: pl.Series) -> pl.DataFrame:
    """Count each text: one column per count, 32-bit, no nulls."""
    table = (texts.str.len_bytes() == texts.str.len_chars()) & (texts.str.len_bytes() <= LONGEST)
    if table.all():
        return _by_table(texts)
    places = pl.concat([table.arg_true(), (~table).arg_true()])
    return pl.concat([_by_table(texts.filter(table)), _by_pattern(texts.filter(~table))])[places.arg_sort()]


def _by_table(texts: pl.Series) -> pl.DataFrame:
    blocks = [_block(texts.slice(start, BLOCK_TEXTS)) for start in range(0, len(texts), BLOCK_TEXTS)]
    packed, words = (np.concatenate([block[place] for block in blocks] or [np.zeros(0)]) for place in (0, 1))
    fields = packed.astype("<u8").view("<u2").reshape(-1, 4).astype(np.uint32)
    counts = dict(zip(FIELDS, fields.T, strict=True))
    lengths = texts.str.len_bytes().to_numpy()
    return _frame({"chars": lengths, "words": words, "tokens": words + counts["signs"], **counts})


def _block(texts: pl.Series) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    held = (texts + SEPARATOR).to_arrow()
    _, places, data = held.buffers()
    starts = np.frombuffer(places, np.int64)[held.offset : held.offset + len(held)]
    ends = int(np.frombuffer(places, np.int64)[held.offset + len(held)])
    found = np.frombuffer(data, np.uint8)[starts[0] : ends]
    firsts = starts - starts[0]
    in_word = np.take(IN_WORD, found, mode="clip")
    begins = in_word.copy()
    begins[1:] &= ~in_word[:-1]
    return np.add.reduceat(np.take(PACKED, found, mode="clip"), firsts), np.add.reduceat(begins, firsts, dtype=np.uint32)


def _by_pattern(texts: pl.Series) -> pl.DataFrame:
    named = pl.DataFrame({"text": texts}).select(
        chars=pl.col("text").str.len_chars(),
        words=pl.col("text").str.count_matches(r"\w+"),
        letters=pl.col("text").str.count_matches(r"\p{L}"),
        digits=pl.col("text").str.count_matches(r"\p{Nd}"),
        capitals=pl.col("text").str.count_matches(r"\p{Lu}"),
        signs=pl.col("text").str.count_matches(r"[^\w\s]"),
    )
    return _frame({name: named[name].to_numpy() for name in named.columns} | {"tokens": (named["words"] + named["signs"]).to_numpy()})


def _frame(counts: dict[str, NDArray[Any]]) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series(counts[name], dtype=pl.UInt32) for name in COUNTS})
