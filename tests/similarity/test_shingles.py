"""Shingles: the hashed ones stand for exactly those that plain Python finds."""

import re
from itertools import chain

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.similarity import shingles
from tasks.similarity.shingles import mixed, ragged, shingle

IDEOGRAPH = "[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]"
TEXT = st.text(st.sampled_from("abAB1_ \t.,!-’“ éÉßñдДя語漢かナ—\u00a0"), max_size=60)


def plain(text: str, size: int) -> list[tuple[str, ...]]:
    words = re.findall(rf"{IDEOGRAPH}|(?:(?!{IDEOGRAPH})\w)+", text.lower())
    return [tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1))] if words else []


def hashed(texts: list[str | None], size: int = 5) -> list[list[int]]:
    blocks = list(shingle(pl.Series(texts, dtype=pl.String), size))
    flat = np.concatenate([block.hashes for block in blocks]) if blocks else np.empty(0, np.uint64)
    sizes = np.concatenate([block.sizes for block in blocks]) if blocks else np.empty(0, np.int64)
    return [part.tolist() for part in np.split(flat, np.cumsum(sizes)[:-1])] if texts else []


@settings(deadline=None, max_examples=150)
@given(st.lists(TEXT, max_size=12), st.integers(1, 6))
def test_hashes_stand_for_the_shingles_of_plain_python(texts: list[str], size: int) -> None:
    wanted = [plain(text, size) for text in texts]
    got = hashed(list(texts), size)
    assert [len(shingles_of) for shingles_of in got] == [len(shingles_of) for shingles_of in wanted]
    meant: dict[int, tuple[str, ...]] = {}
    for number, words in zip(chain.from_iterable(got), chain.from_iterable(wanted), strict=True):
        assert meant.setdefault(number, words) == words
    assert len(meant) == len(set(chain.from_iterable(wanted)))


@pytest.mark.parametrize(("bytes_at_once", "texts_at_once"), [(1, 4096), (37, 4096), (1 << 18, 1), (1 << 18, 3)])
def test_hashes_do_not_depend_on_neighbours_or_blocks(
    monkeypatch: pytest.MonkeyPatch, bytes_at_once: int, texts_at_once: int
) -> None:
    texts = [
        "One two three four five six.",
        "",
        "é one Two",
        None,
        "!?",
        "end",
        "one two three four five six",
        "a b c d e f g h i j",
    ]
    wanted = hashed(texts)
    monkeypatch.setattr(shingles, "BLOCK_BYTES", bytes_at_once)
    monkeypatch.setattr(shingles, "BLOCK_TEXTS", texts_at_once)
    assert hashed(texts) == wanted
    assert [hashed([text])[0] for text in texts] == wanted


def test_a_short_text_is_one_shingle_and_a_text_without_words_has_none() -> None:
    short, same, other, none, empty, missing = hashed(["Good movie!", "good, MOVIE", "movie good", "?! ...", "", None])
    assert len(short) == 1
    assert short == same
    assert short != other
    assert none == empty == missing == []


def test_five_words_differ_from_their_first_four() -> None:
    assert hashed(["a b c d"])[0] != hashed(["a b c d e"])[0]


def test_a_sliced_column_gives_its_own_rows_only() -> None:
    texts = pl.Series(["one two", "three four", "five six", "seven"])
    (block,) = shingle(texts[1:3], 5)
    assert block.hashes.tolist() == hashed(["three four"])[0] + hashed(["five six"])[0]


def test_a_long_text_is_hashed_whole() -> None:
    words = [f"w{n}" for n in range(100_000)]
    got = hashed([" ".join(words), " ".join(words[-6:])])
    assert len(got[0]) == 99_996
    assert got[0][-2:] == got[1]


def test_the_same_hashes_on_every_machine() -> None:
    assert hashed(["the quick brown fox jumps over"]) == [GOLDEN]


GOLDEN = [1573601597233124616, 15443886003710407819]


def test_ragged_gives_each_range() -> None:
    assert ragged(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]


def test_mixed_is_splitmix64() -> None:
    """First outputs of splitmix64 seeded with 0: https://prng.di.unimi.it/splitmix64.c."""
    states = np.arange(1, 3, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    assert [hex(value) for value in mixed(states)] == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4"]
