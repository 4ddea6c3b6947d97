"""What texts are compared by: 128 bits of XXH3, the same on every machine and for every version of every library."""

import string
import unicodedata
from collections.abc import Sequence

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from tasks.core.layout import Layout
from tasks.rows.layout import matched_text, text_of
from tasks.text.words import TELLING

CONFLICTS = "texts stand there with different labels; the first one's label counts"
MEDIA_KEY = "media_key"
"""Column of rows with an image or a recording: the digest of its bytes."""
BYTES = 16
"""Of one digest."""
KEYS = {"key": pl.Binary, "match": pl.Binary}
"""Columns of a file of keys: one digest, and one for each text that rows are matched by; see `row_keys`."""
LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
SIGNS = bytes(sign for sign in range(128) if not chr(sign).isalnum())
SPACE = b" \t\n\v\f\r"
MARK = "\0"
LETTERS = r"[\p{L}\p{N}\p{Mn}\p{Mc}--\p{Nd}--[\x{FE00}-\x{FE0F}]]+"
"""Marks belong to their letters: without its vowel signs a word of Hindi is another word. Variation selectors belong to
signs."""
DIGITS = r"\p{Nd}+"
"""Apart from the letters, since a telling sign such as 5.0 may begin with one."""
COMMON_SIGNS = "[\u2010-\u2016\u2018-\u2027\u2030-\u203b\u2600-\u2775\u2794-\u27bf\ufe0f\U0001f300-\U0001faff]"
"""Typographic quotes, dashes and emoji: signs whatever their form, and all there is beyond ASCII in most texts."""


def digests(texts: pl.Series) -> pl.Series:
    """Give the 16 bytes of XXH3-128 of every text as UTF-8."""
    return pl.Series("key", list(map(xxhash.xxh3_128_digest, texts.cast(pl.Binary).to_list())), pl.Binary)


def row_keys(rows: pl.DataFrame, layout: Layout) -> tuple[pl.Series, pl.Series]:
    """Give what rows are compared by: `key`, equal for repetitions, and `match`, of which rows that share a digest must
    not be learnt one and kept aside the other.

    Rows with media repeat each other when both text and media are equal; they match when the media are, whatever is
    said of them.
    """
    texts = _joined([digests(_series(rows, text_of(layout, role))) for role in layout.key], "key")
    if len(layout.key) > 1:
        texts = digests(texts)
    if MEDIA_KEY not in rows.columns:
        matched = [match_digests(_series(rows, matched_text(layout, role))) for role in layout.match]
        return texts, _joined(matched, "match")
    both = zip(rows[MEDIA_KEY].to_list(), texts.to_list(), strict=True)
    return pl.Series("key", [xxhash.xxh3_128_digest(media + text) for media, text in both], pl.Binary), rows[
        MEDIA_KEY
    ].alias("match")


def _series(rows: pl.DataFrame, text: pl.Expr) -> pl.Series:
    return rows.select(text).to_series()


def _joined(digested: Sequence[pl.Series], name: str) -> pl.Series:
    """Put the digests of several texts of a row one after the other."""
    if len(digested) == 1:
        return digested[0].alias(name)
    return pl.Series(name, map(b"".join, zip(*(each.to_list() for each in digested), strict=True)), pl.Binary)


def each_match(matches: pl.Series) -> pl.DataFrame:
    """Give every digest that rows are matched by a line: `row`, the number of the row, and `match`."""
    numbered = pl.DataFrame({"match": matches}).with_row_index("row")
    starts = range(0, max(map(len, matches), default=0), BYTES)
    parts = [numbered.with_columns(pl.col("match").bin.slice(start, BYTES)) for start in starts]
    return pl.concat([numbered.clear(), *parts]).filter(pl.col("match").bin.size() > 0)


def as_number(keys: pl.Series) -> pl.Series:
    """Give keys as numbers: 16 bytes each in memory, where binaries take 32."""
    return keys.bin.reinterpret(dtype=pl.UInt128)


class SeenKeys:
    """The keys met so far, 16 bytes each: runs sorted by their first halves, each at least twice as long as the next.

    Keys are digests. Two different ones with the same first half are not to be expected; one of them may then be taken
    for new again.
    """

    def __init__(self) -> None:
        self.runs: list[NDArray[np.uint64]] = []

    def new(self, keys: pl.Series) -> pl.Series:
        """Say which keys are met for the first time, and remember them."""
        given = np.frombuffer(b"".join(keys.to_list()), np.uint64).reshape(-1, 2)
        order = np.argsort(given[:, 0], kind="stable")
        run = given[order]
        fresh = np.ones(len(run), np.bool_)
        fresh[1:] = (run[1:] != run[:-1]).any(axis=1)
        for old in self.runs:
            places = np.minimum(np.searchsorted(old[:, 0], run[:, 0]), len(old) - 1)
            fresh &= (old[places] != run).any(axis=1)
        self._keep(run[fresh])
        return pl.Series("first", fresh[np.argsort(order)], pl.Boolean)

    def _keep(self, run: NDArray[np.uint64]) -> None:
        while self.runs and len(self.runs[-1]) < 2 * len(run):
            run = np.concatenate([self.runs.pop(), run])
            run = run[np.argsort(run[:, 0], kind="stable")]
        if len(run):
            self.runs.append(run)


def match_digests(texts: pl.Series) -> pl.Series:
    """Give the digests of the texts' match keys; ASCII needs no tables of Unicode, and its keys take a fraction of the
    time.
    """
    bare, telling = _without_common_signs(texts), (" " + texts).str.contains(TELLING)
    plain = _ascii(bare) & ~telling
    marked = telling & _ascii(texts) & ~texts.str.contains(MARK, literal=True)
    other = ~(plain | marked)
    keys = [text.translate(LOWER, SIGNS) for text in bare.filter(plain).cast(pl.Binary).to_list()]
    keys += _with_telling_signs(texts.filter(marked))
    keys += match_keys(texts.filter(other)).cast(pl.Binary).to_list()
    places = pl.concat([plain.arg_true(), marked.arg_true(), other.arg_true()])
    if b"" in keys:
        keys = [key or text.encode() for key, text in zip(keys, texts.gather(places).to_list(), strict=True)]
    hashed = pl.Series("match", list(map(xxhash.xxh3_128_digest, keys)), pl.Binary)
    return hashed if plain.all() else hashed.gather(places.arg_sort())


def _with_telling_signs(texts: pl.Series) -> list[bytes]:
    """Give the match keys of texts of ASCII that have telling signs, and no `MARK`."""
    keys: list[bytes] = []
    for text in (" " + texts).str.replace_all(TELLING, f"{MARK}${{0}}{MARK}").cast(pl.Binary).to_list():
        parts = text.split(MARK.encode())
        parts[::2] = [between.translate(None, SIGNS) for between in parts[::2]]
        keys.append(b"".join(parts).translate(LOWER, SPACE))
    return keys


def _ascii(texts: pl.Series) -> pl.Series:
    return texts.str.len_bytes() == texts.str.len_chars()


def _without_common_signs(texts: pl.Series) -> pl.Series:
    """Most texts beyond ASCII are ASCII without these; their keys then need no tables of Unicode."""
    odd = ~_ascii(texts)
    return (
        texts.clone().scatter(odd.arg_true(), texts.filter(odd).str.replace_all(COMMON_SIGNS, ""))
        if odd.any()
        else texts
    )


def match_keys(texts: pl.Series) -> pl.Series:
    """Give what texts share that differ only in case, spacing and signs that tell nothing: their letters and digits,
    casefolded, with the signs that do tell, where they stand.

    A text without any of these is its own key.
    """
    odd, folded = ~_ascii(texts), texts.str.to_lowercase()
    if odd.any():
        folded = folded.scatter(odd.arg_true(), list(map(_folded, texts.filter(odd).to_list())))
    # Taking out what counts is three times as fast as replacing what does not.
    kept = (" " + folded).str.extract_all(f"{TELLING}|{LETTERS}|{DIGITS}").list.join("")
    keys = kept.str.replace_all(r"[\s\ufe00-\ufe0f]", "")
    return keys.zip_with(keys != "", texts).alias("match")


def _folded(text: str) -> str:
    """Fold case and width: NFKC of the casefolded NFKC form."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def conflicts(rows: pl.DataFrame) -> int:
    """Count the keys that stand with more than one label."""
    again = rows["key"].filter(~rows["key"].is_first_distinct()).unique()
    repeated = rows.filter(pl.col("key").is_in(again.implode()))
    return repeated.group_by("key").agg(pl.col("label").n_unique()).filter(pl.col("label") > 1).height
