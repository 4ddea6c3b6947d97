"""What texts are compared by: 128 bits of SHA-256, the same on every machine and for every version of every library."""

import hashlib
import string
import unicodedata

import polars as pl

KEY_BYTES = 16
LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
SIGNS = bytes(sign for sign in range(128) if not chr(sign).isalnum())
BESIDE_LETTERS = r"[^\p{L}\p{N}\p{Mn}\p{Mc}]|[\ufe00-\ufe0f]"
"""Marks belong to their letters: without its vowel signs a word of Hindi is another word. Variation selectors belong to signs."""


def digests(texts: pl.Series, salt: str = "") -> pl.Series:
    """Give the first 16 bytes of sha256(salt + text as UTF-8) for every text."""
    start = salt.encode()
    found = [hashlib.sha256(start + text).digest()[:KEY_BYTES] for text in texts.cast(pl.Binary).to_list()]
    return pl.Series("key", found, pl.Binary)


def match_keys(texts: pl.Series) -> pl.Series:
    """Give what texts share that differ only in case, signs and spacing: their letters and digits, casefolded.

    A text without letters and digits (signs, emoji) is its own key.
    """
    plain = texts.str.len_bytes() == texts.str.len_chars()
    simple = [text.translate(LOWER, SIGNS) for text in texts.filter(plain).cast(pl.Binary).to_list()]
    other = pl.Series([_folded(text) for text in texts.filter(~plain).to_list()], dtype=pl.String).str.replace_all(BESIDE_LETTERS, "")
    keys = texts.clone().scatter(plain.arg_true(), pl.Series(simple, dtype=pl.Binary).cast(pl.String)).scatter((~plain).arg_true(), other)
    return keys.zip_with(keys != "", texts).alias("match")


def _folded(text: str) -> str:
    """Fold case and width: NFKC of the casefolded NFKC form."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
