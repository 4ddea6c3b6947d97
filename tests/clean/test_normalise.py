"""One form for every text, and keys that see through case, signs and spacing."""

import sys
import unicodedata

import polars as pl
import pytest
import xxhash
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.clean.normalise import COMPOSED, normalised, unseen
from tasks.rows.keys import COMMON_SIGNS, _folded, digests, match_digests, match_keys
from tasks.text.words import TELLING

SIGNS = st.characters(exclude_categories=["Cs", "Cn", "Co"])
TEXTS = st.text(SIGNS | st.sampled_from(" \t\n\x00\u200b\u200d\ufeff\u0301é"), max_size=30)


def apply(expression: pl.Expr, text: str) -> object:
    return pl.DataFrame({"text": [text]}).select(expression).item()


def normal(text: str, *, keep_lines: bool = False) -> str:
    return normalised(pl.Series([text]), keep_lines=keep_lines).item()


def key(text: str) -> str:
    return match_keys(pl.Series([text]))[0]


@given(text=TEXTS)
def test_normalising_twice_changes_nothing_and_leaves_nfc_without_odd_space(text: str) -> None:
    once = normal(text)
    assert normal(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == " ".join(once.split())
    assert not any(unicodedata.category(sign) == "Cc" for sign in once)


@given(texts=st.lists(TEXTS | st.none(), max_size=8))
def test_each_text_is_normalised_by_itself(texts: list[str | None]) -> None:
    whole = normalised(pl.Series(texts, dtype=pl.String)).to_list()
    assert whole == [None if text is None else normal(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("  a\t b\r\nc ", "a b c"),
        ("cafe\u0301", "café"),
        ("a\x00b\x07", "ab"),
        ("a\u200b\ufeffb", "ab"),
        ("a\u00a0\u3000b", "a b"),
        ("<b>bold</b> &amp; <script>", "<b>bold</b> &amp; <script>"),
        ("\u202eevil", "evil"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\x00\x00", ""),
        ("plain", "plain"),
        ("שלום, עולם", "שלום, עולם"),
        ("مرحبا\u200f!", "مرحبا!"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u200d \u200c hidden \u200d", "hidden"),
        ("co\u00adop", "coop"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("a\u2028b\x85c", "a b c"),
    ],
)
def test_normal_form(text: str, wanted: str) -> None:
    assert normal(text) == wanted


@pytest.mark.parametrize("text", ["", "\u0301", "\ufe0f", "\u3164", "\u2800 \u2800", "\u200d"])
def test_a_text_without_anything_to_see_is_empty(text: str) -> None:
    assert apply(unseen(pl.col("text")), normal(text)) is True


@pytest.mark.parametrize("text", ["a", ".", "😀", "की", "\u2800a"])
def test_a_text_with_one_sign_to_see_is_not_empty(text: str) -> None:
    assert apply(unseen(pl.col("text")), normal(text)) is False


def test_ten_megabytes_in_one_text_are_normalised() -> None:
    assert normal("word\x00 \u00e9 " * 1_500_000).startswith("word é word é")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Great MOVIE!!", "great, movie"),
        ("Straße", "STRASSE"),
        ("do n't , ok", "Don't, OK"),
        ("ＡＢＣ１", "abc1"),
        ("ΟΔΟΣ", "οδος"),
        ("1️⃣", "1"),
    ],
)
def test_match_key_forgets_case_signs_and_spacing(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("😀", "😡"),
        ("!!!", "???"),
        ("कि", "की"),
        ("❤️", "☀️"),
        ("a1", "a2"),
        ("good :)", "good :("),
        ("great 👍", "great 👎"),
        ("+1", "-1"),
        ("C", "C++"),
        ("C++", "C#"),
        ("rated 5.0", "rated 50"),
        ("10 %", "10"),
    ],
)
def test_match_key_keeps_apart_what_differs_in_more(one: str, other: str) -> None:
    assert key(one) != key(other)


@given(text=TEXTS)
def test_match_key_is_letters_digits_their_marks_and_telling_signs_or_the_text_itself(text: str) -> None:
    found = key(text)
    telling = "".join(pl.Series([f" {_folded(text)}"]).str.extract_all(TELLING)[0])
    assert found == text or all(
        unicodedata.category(sign)[0] in "LN" or unicodedata.category(sign) in {"Mn", "Mc"} or sign in telling
        for sign in found
    )


@given(text=st.text(st.characters(max_codepoint=127), max_size=20))
def test_match_key_of_ascii_is_its_lower_case_letters_and_digits(text: str) -> None:
    assume(not pl.Series([f" {text}"]).str.contains(TELLING)[0])
    assert key(text) == ("".join(sign for sign in text.lower() if sign.isalnum()) or text)


def test_case_of_every_letter_with_two_cases_is_folded() -> None:
    letters = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if chr(code).lower() != chr(code).upper() and len(chr(code).lower()) == 1
    ]
    letters = [one for one in letters if one.upper().lower() == one.lower() and unicodedata.is_normalized("NFKC", one)]
    assert len(letters) > 2_000
    assert match_keys(pl.Series([f"{one.lower()}x" for one in letters])).equals(
        match_keys(pl.Series([f"{one.upper()}x" for one in letters]))
    )


def test_digests_are_xxh3_of_the_utf8_bytes() -> None:
    # "abc": 06b05ab6733a618578af5f94892f3950, as the reference implementation's tests have it
    assert digests(pl.Series(["abc", "é"])).to_list() == [
        bytes.fromhex("06b05ab6733a618578af5f94892f3950"),
        xxhash.xxh3_128_digest("é".encode()),
    ]


@given(texts=st.lists(TEXTS | st.text("aD10 :=)-+.<>!#\0\t\n\x1c\u203c\u2019Ä"), max_size=8))
def test_digests_of_match_keys_are_those_of_the_keys(texts: list[str]) -> None:
    some = pl.Series(texts, dtype=pl.String)
    assert match_digests(some).to_list() == digests(match_keys(some)).to_list()


EVERY = pl.Series([chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000])


def test_common_signs_are_nothing_in_a_key() -> None:
    signs = EVERY.filter(EVERY.str.contains(COMMON_SIGNS))
    assert len(signs) > 1_000
    telling = signs.str.contains(TELLING)
    assert set(match_keys("a" + signs.filter(~telling) + "B")) == {"ab"}
    assert match_keys("a" + signs.filter(telling) + "B").is_unique().all()


def test_what_is_passed_over_is_composed_with_nothing() -> None:
    passed = EVERY.filter(~EVERY.str.contains(COMPOSED))
    parts = {
        one: [chr(int(code, 16)) for code in unicodedata.decomposition(one).split()]
        for one in EVERY
        if unicodedata.normalize("NFD", one) != one and not 0xAC00 <= ord(one) < 0xD7A4
    }
    assert not {*passed} & {part for pieces in parts.values() for part in pieces[1:]}
    assert all(unicodedata.is_normalized("NFC", one) and not unicodedata.combining(one) for one in passed)


@given(text=st.text(SIGNS | st.sampled_from(" \t\n\r\x00\u200b\u200d\u2028 é"), max_size=30))
def test_kept_lines_stay_lines_and_twice_changes_nothing(text: str) -> None:
    once = normal(text, keep_lines=True)
    assert normal(once, keep_lines=True) == once
    assert unicodedata.is_normalized("NFC", once)
    assert all(line == line.rstrip(" \t\r") for line in once.split("\n"))
    assert normal(once) == normal(text)


def test_code_keeps_its_indentation() -> None:
    text = "\r\n  \ndef f(x):  \r\n\tif x:\r\n        return 1\n\n\n"
    assert normal(text, keep_lines=True) == "def f(x):\n\tif x:\n        return 1"
