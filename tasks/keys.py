"""What texts are compared by: 128 bits of XXH3, the same on every machine and for every version of every library."""

import string
import unicodedata

import polars as pl
import xxhash

MEDIA_KEY = "media_key"
"""Column of rows with an image or a recording: the digest of its bytes."""
LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
SIGNS = bytes(sign for sign in range(128) if not chr(sign).isalnum())
BESIDE_LETTERS = r"[^\p{L}\p{N}\p{Mn}\p{Mc}]|[\ufe00-\ufe0f]"
"""Marks belong to their letters: without its vowel signs a word of Hindi is another word. Variation selectors belong to signs."""


def digests(texts: pl.Series) -> pl.Series:
    """Give the 16 bytes of XXH3-128 of every text as UTF-8."""
    return pl.Series("key", list(map(xxhash.xxh3_128_digest, texts.cast(pl.Binary).to_list())), pl.Binary)


def row_keys(rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Give what rows are compared by: `key`, equal for repetitions, and `match`, equal for rows of which not one may be learnt and one kept aside.

    Rows with media repeat each other when both text and media are equal; they match when the media are, whatever is said of them.
    """
    texts = digests(rows["text"])
    if MEDIA_KEY not in rows.columns:
        return texts, match_digests(rows["text"])
    both = zip(rows[MEDIA_KEY].to_list(), texts.to_list(), strict=True)
    return pl.Series("key", [xxhash.xxh3_128_digest(media + text) for media, text in both], pl.Binary), rows[MEDIA_KEY].alias("match")


def match_digests(texts: pl.Series) -> pl.Series:
    """Give the digests of the texts' match keys, without holding the keys."""
    plain = texts.str.len_bytes() == texts.str.len_chars()
    other = digests(match_keys(texts.filter(~plain)))
    ascii_texts = texts.filter(plain).cast(pl.Binary).to_list()
    found = [xxhash.xxh3_128_digest(text.translate(LOWER, SIGNS) or text) for text in ascii_texts]
    if not len(other):
        return pl.Series("match", found, pl.Binary)
    places = pl.concat([plain.arg_true(), (~plain).arg_true()])
    return pl.concat([pl.Series(found, dtype=pl.Binary), other]).gather(places.arg_sort()).alias("match")


def match_keys(texts: pl.Series) -> pl.Series:
    """Give what texts share that differ only in case, signs and spacing: their letters and digits, casefolded.

    A text without letters and digits (signs, emoji) is its own key.
    """
    folded = pl.Series([_folded(text) for text in texts.to_list()], dtype=pl.String).str.replace_all(BESIDE_LETTERS, "")
    return folded.zip_with(folded != "", texts).alias("match")


def _folded(text: str) -> str:
    """Fold case and width: NFKC of the casefolded NFKC form."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
