r"""What a word is, for everybody who counts, hashes or compares words.

A word is a run of what `\w` matches in Rust's regular expressions (letters, digits, `_`), with the marks that belong
to its letters. In scripts that put no spaces between words (Han, Hiragana, Katakana, Thai, Lao, Khmer, Burmese,
Tibetan) one grapheme cluster is one word: a letter with the marks on it, as Unicode's UAX #29 joins them. A mark
without a letter (the variation selector behind an emoji, say) is in no word. A sign is any other character that is not
white space.
"""

from typing import NamedTuple

import polars as pl

UNSPACED_SCRIPTS = r"\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
SPACING_EXTENDERS = r"\x{0E33}\x{0EB3}\x{FF9E}\x{FF9F}"
"""Thai and Lao AM, and the voicing marks of half-width kana: letters by category, but parts of the cluster before."""
JOINERS = r"\x{200C}\x{200D}"
EXTENDERS = rf"[\p{{M}}{SPACING_EXTENDERS}{JOINERS}]"
"""What continues a word and begins none."""
UNSPACED = rf"[\w&&[{UNSPACED_SCRIPTS}]--{EXTENDERS}]"
"""A letter that begins a word of its own, whatever stands before it."""
SPACED = rf"[\w--{UNSPACED}--{EXTENDERS}]"
"""A letter, digit or underscore that begins a word only behind something else."""
CLUSTER = rf"{UNSPACED}{EXTENDERS}*"
WORD = rf"{CLUSTER}|{SPACED}[\w--{UNSPACED}]*"
SIGN = r"[^\w\s]"
TELLING = (
    r"[:;=][-'^]?[()\[\]DdPpOo/\\|*3]+"  # emoticons
    r"|\d+(?:[.,:/]\d+)+"  # 5.0 is not 50
    r"|\s[+\-\x{2212}]\d+"  # -1 is not 1
    r"|[!<>=~:]=+|</|<-|[-=]>"  # x != y, </3, a -> b
    r"|\s\.\w+"  # .NET
    r"|[\p{Sm}\p{Sc}\p{So}#*%]"  # C++, C#, 5 %, emoji
)
"""Signs that tell texts apart, where quotes, brackets, dashes and the punctuation of sentences do not; those before a
number with the white space before them."""


def split_words(texts: pl.Series) -> pl.Series:
    """Give the words of each text, lower-cased, as lists; a missing text has none."""
    return _extracted(texts, WORD, r"\w+")


class Parted(NamedTuple):
    """Texts in pieces, which put together are the texts.

    Attributes:
        pieces: of each text: its words as they are written, and the single characters between them.
        words: the pieces that are words; `unspaced`, those of them that belong to scripts without spaces.
    """

    pieces: list[list[str]]
    words: frozenset[str]
    unspaced: frozenset[str]


def parted(texts: pl.Series) -> Parted:
    """Take texts apart at their words."""
    pieces = texts.str.extract_all(rf"{WORD}|[\s\S]")
    known = pieces.list.explode(keep_nulls=False, empty_as_null=False).unique()
    words, unspaced = (
        frozenset(known.filter(known.str.contains(rf"^(?:{pattern})$")).to_list()) for pattern in (WORD, CLUSTER)
    )
    return Parted(pieces.to_list(), words, unspaced)


def words_and_signs(texts: pl.Series, *, sign_runs: bool = False) -> pl.Series:
    """Give the words and signs of each text, lower-cased, as lists.

    Args:
        sign_runs: signs that follow each other are one item (as NLTK's WordPunct splits), not one each.
    """
    signs = f"{SIGN}+" if sign_runs else SIGN
    return _extracted(texts, f"{WORD}|{signs}", rf"\w+|{signs}")


def with_signs_as_words(texts: pl.Series) -> pl.Series:
    """Write texts so that each of their telling signs is a word; those without any stay as they are."""
    led = " " + texts.fill_null("")
    telling = led.str.contains(TELLING)
    if not telling.any():
        return texts
    parts = pl.DataFrame({"part": _extracted(led.filter(telling), f"{TELLING}|{WORD}", rf"{TELLING}|\w+")})
    parts = parts.with_row_index("text").explode("part")
    signs = parts["part"].filter(parts["part"].str.contains(TELLING)).unique().to_list()
    named = {sign: f"sign{sign.strip().encode().hex()}" for sign in signs}
    written = parts.with_columns(pl.col("part").replace(named)).group_by("text", maintain_order=True)
    return texts.clone().scatter(telling.arg_true(), written.agg(pl.col("part").str.join(" "))["part"])


def _extracted(texts: pl.Series, pattern: str, of_ascii: str) -> pl.Series:
    """Extract from each text; ASCII has no marks and no scripts without spaces, and its pattern is the faster one."""
    lowered = texts.fill_null("").str.to_lowercase()
    plain = lowered.str.len_bytes() == lowered.str.len_chars()
    if plain.all():
        return lowered.str.extract_all(of_ascii)
    both = pl.DataFrame({"text": lowered, "plain": plain})
    return both.select(
        words=pl.when("plain")
        .then(pl.when("plain").then("text").str.extract_all(of_ascii))
        .otherwise(pl.when(~pl.col("plain")).then("text").str.extract_all(pattern))
    )["words"]


def spaced_words(texts: pl.Series) -> pl.Series:
    """Write texts as their lower-cased words with one space between, for tools that split at white space."""
    return split_words(texts).list.join(" ")


def space_clusters(texts: pl.Series) -> pl.Series:
    """Put a space around each word of a script without spaces; other texts stay as they are."""
    unspaced = texts.str.contains(UNSPACED).fill_null(value=False)
    if not unspaced.any():
        return texts
    spaced = texts.filter(unspaced).str.replace_all(f"({CLUSTER})", " $1 ")
    return texts.clone().scatter(unspaced.arg_true(), spaced)
