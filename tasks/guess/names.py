"""What the names of columns say about their role, in any script."""

import re
import unicodedata
from collections.abc import Iterable

from tasks.guess.vocabulary import GENERAL, HELD_OUT, LABEL, NEITHER, TEXT

EAST_ASIAN = r"々-〇\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
COMPOUND = re.compile(rf"[{EAST_ASIAN}]+|[^{EAST_ASIAN}]+")
"""Scripts whose names join words without a sign between them; the last word says what the thing is."""
LEAST_STEM = 3
"""Letters of a word that is known by its beginning."""
LEAST_SAID = 3
"""Letters of a word that says something, even if it is not known here."""


def _plain(name: str) -> str:
    """Give full-width letters and half-width kana their usual form."""
    return unicodedata.normalize("NFKC", name)


KNOWN = {_plain(word): word for word in {*TEXT, *LABEL, *NEITHER, *HELD_OUT, *GENERAL}}
"""Word as it stands in a name -> as it stands in the vocabulary."""
LONGEST = max(map(len, KNOWN))
STEMS = tuple(word for word in KNOWN if len(word) >= LEAST_STEM and not word.isascii())


def words(name: str) -> list[str]:
    """Cut a name into words, at signs, at capitals and where a known word ends: `airlineSentiment_gold` is airline,
    sentiment, gold, and 用户评论 is 用户, 评论.
    """
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", _plain(name)).lower()
    runs = "".join(char if _is_letter(char) else " " for char in split).split()
    return [word for run in runs for piece in COMPOUND.findall(run) for word in _known_in(piece)]


def _is_letter(char: str) -> bool:
    """Say whether a character belongs to a word; marks and joiners belong to the letter before them."""
    return char.isalnum() or unicodedata.category(char)[0] == "M" or char in "\u200c\u200d"


def _known_in(piece: str) -> Iterable[str]:
    """Give a word as the vocabulary has it, by itself or by its stem; cut a compound into the longest words known."""
    if piece in KNOWN or piece.isascii():
        return [KNOWN.get(piece, piece)]
    if not re.match(rf"[{EAST_ASIAN}]", piece):
        bare = piece.removeprefix("ال")  # the Arabic article
        stems = (stem for stem in STEMS if bare.startswith(stem))
        return [KNOWN.get(max(stems, key=len, default=bare), piece)]
    return _cut(piece)


def _cut(compound: str) -> list[str]:
    pieces, at, unknown = list[str](), 0, ""
    while at < len(compound):
        sizes = range(min(LONGEST, len(compound) - at), 0, -1)
        size = next((size for size in sizes if compound[at : at + size] in KNOWN), 0)
        if size:
            pieces += [*([unknown] if unknown else []), KNOWN[compound[at : at + size]]]
        unknown = "" if size else unknown + compound[at]
        at += size or 1
    return [*pieces, unknown] if unknown else pieces


def _telling(name: str) -> list[str]:
    """Give the words of a name that say what stands in its column."""
    parts = words(name)
    known = [part for part in parts if re.match(rf"[{EAST_ASIAN}]", part) and part in KNOWN.values()]
    return known[-1:] or parts


def weight(name: str, weights: dict[str, int]) -> float:
    """Say how much a name speaks for a role; less where the word is one of several."""
    parts = _telling(name)
    largest = max((weights.get(part, 0) for part in parts), default=0)
    return largest if len(parts) == 1 else 0.7 * largest


def is_neither(name: str) -> bool:
    """Say whether a name speaks for a column that is neither text nor label."""
    return bool(set(_telling(name)) & NEITHER)


def is_known(name: str) -> bool:
    """Say whether a name is one that columns have; a few known words in a long one do not make it so."""
    parts = words(name)
    known = [part for part in parts if part in TEXT or part in LABEL or part in NEITHER]
    east_asian = bool(re.search(rf"[{EAST_ASIAN}]", name))
    return bool(known) and not (east_asian and 2 * sum(map(len, known)) < sum(map(len, parts)))


def says_something(name: str) -> bool:
    """Say whether a name would tell a role if it had one: it is known, or a word of Latin letters, not `c1` or `甲`."""
    return is_known(name) or any(len(word) >= LEAST_SAID and word.isascii() and word.isalpha() for word in words(name))
