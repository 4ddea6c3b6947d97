"""One form for every text: Unicode NFC, nothing invisible, single spaces."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.clean.measure import BLOCK_TEXTS, in_bytes

INVISIBLE = (
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    r"\ufeff\ufff9-\ufffb]"
)
"""What no text needs: controls but for white space, soft hyphen, zero-width space, byte order mark, marks of direction.
The zero-width joiners U+200C and U+200D stay inside a text: Persian words, Indic letters and many emoji need them."""
SPACES = r"\s{2,}|[\s&&[^ ]]"
"""White space that is not one plain space. The single spaces between words match nothing, which is what makes it
fast."""
COMPOSED = r"[^\x00-\u02ff\u2002-\u20cf\u2460-\u2adb\u4e00-\u9fff\U0001f000-\U0001faff]"
"""What NFC may change or join to the character before it, and some more."""
EDGES = " \u200c\u200d"
LINE_ENDS = r"\r\n?|[\x0b\x0c\u0085\u2028\u2029]"
BLANKS = r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
EDGE_LINES = r"\A(?:[ \t\u200c\u200d]*\n)+|[\s\u200c\u200d]+\z"
ODD_LINES = r"[^\x20-\x7e\n\t]|[ \t]\n|\A[ \t]*\n|\s\z"
UNSEEN = r"^[\p{M}\p{Z}\p{Cc}\p{Cf}\u115f\u1160\u2800\u3164\uffa0]*$"
"""A text of which nothing would be seen: marks without a letter, and the fillers that count as letters or signs."""


def normalised(texts: pl.Series, *, keep_lines: bool = False) -> pl.Series:
    """Normalise texts; doing it twice changes nothing. Missing texts stay missing.

    Args:
        keep_lines: leave line ends, as LF, and what stands before the first word of a line; else all white space
            becomes single spaces.
    """
    return _in_lines(texts) if keep_lines else _in_one_line(texts)


def _in_one_line(texts: pl.Series) -> pl.Series:
    odd = _odd(texts).fill_null(value=False) if len(texts) else texts.is_null()
    if not odd.any():
        return texts
    kept = _composed(texts.filter(odd).str.replace_all(INVISIBLE, ""))
    return texts.clone().scatter(odd.arg_true(), kept.str.replace_all(SPACES, " ").str.strip_chars(EDGES))


def _odd(texts: pl.Series) -> pl.Series:
    """Say which texts are not plain, single-spaced ASCII; only they need the slow way."""
    whole = texts.fill_null("")
    beyond = np.concatenate(
        [_beyond(*in_bytes(whole.slice(start, BLOCK_TEXTS))) for start in range(0, len(texts), BLOCK_TEXTS)]
    )
    return (
        pl.Series(beyond)
        | texts.str.contains("  ", literal=True)
        | texts.str.starts_with(" ")
        | texts.str.ends_with(" ")
    )


def _beyond(laid: NDArray[np.uint8], firsts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which texts hold a byte that is not printable ASCII; the one that each has is what ends it."""
    return np.add.reduceat(laid - np.uint8(ord(" ")) > ord("~") - ord(" "), firsts, dtype=np.uint32) > 1


def _in_lines(texts: pl.Series) -> pl.Series:
    odd = texts.str.contains(ODD_LINES).fill_null(value=False)
    if not odd.any():
        return texts
    kept = (
        _composed(texts.filter(odd).str.replace_all(INVISIBLE, ""))
        .str.replace_all(LINE_ENDS, "\n")
        .str.replace_all(BLANKS, " ")
    )
    return texts.clone().scatter(
        odd.arg_true(), kept.str.replace_all(r"[ \t]+\n", "\n").str.replace_all(EDGE_LINES, "")
    )


def _composed(texts: pl.Series) -> pl.Series:
    """Bring texts to NFC; those that are in it whatever their characters' order are passed over."""
    open_to_it = texts.str.contains(COMPOSED)
    return (
        texts.clone().scatter(open_to_it.arg_true(), texts.filter(open_to_it).str.normalize("NFC"))
        if open_to_it.any()
        else texts
    )


def unseen(text: pl.Expr) -> pl.Expr:
    """Say of normalised texts whether there is nothing in them to see."""
    return text.str.contains(UNSEEN)
