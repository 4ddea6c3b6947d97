"""Numbered words: the n-grams of plain Python, and samples that can be had again."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.errors import RecipeError
from tasks.core.rng import generator
from tasks.profile import words as module
from tasks.profile.sampling import sample_texts
from tasks.profile.words import Words, draw, ngrams, number_words
from tasks.rows.layout import FIRST, RowFile

TEXTS = st.lists(st.text(st.sampled_from("abB1_ .,éД漢か"), max_size=25), max_size=8)


def plain(texts: list[str], n: int) -> list[tuple[str, ...]]:
    found = [re.findall(r"[漢か]|[^\W漢か]+", text.lower()) for text in texts]
    return [tuple(words[i : i + n]) for words in found for i in range(len(words) - n + 1)]


@settings(deadline=None)
@given(TEXTS, TEXTS, st.integers(1, 3))
def test_ngrams_are_those_of_plain_python_across_sets_of_texts(first: list[str], second: list[str], n: int) -> None:
    words = number_words({"a": pl.Series(first, dtype=pl.String), "b": pl.Series(second, dtype=pl.String)})
    want = plain(first, n) + plain(second, n)
    got = [*ngrams(words["a"], n).tolist(), *ngrams(words["b"], n).tolist()]
    assert sorted(Counter(got).values()) == sorted(Counter(want).values())
    meaning = dict(zip(got, want, strict=True))
    assert len(meaning) == len(set(want))


@settings(deadline=None)
@given(st.lists(st.integers(0, 6), max_size=10), st.integers(0, 40), st.integers(0, 100))
def test_a_draw_holds_whole_texts_but_the_last(sizes: list[int], size: int, seed: int) -> None:
    ids = np.arange(sum(sizes), dtype=np.int64)
    drawn = draw(Words(ids, np.array(sizes, np.int64)), size, np.random.default_rng(seed))
    assert len(drawn.ids) == min(size, len(ids)) == drawn.sizes.sum()
    assert len(set(drawn.ids.tolist())) == len(drawn.ids)
    parts = np.split(drawn.ids, np.cumsum(drawn.sizes)[:-1]) if len(sizes) else []
    assert all((np.diff(part) == 1).all() for part in parts)


def test_more_words_than_can_be_numbered_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BITS", 2)
    with pytest.raises(RecipeError, match="5 different words"):
        number_words({"a": pl.Series(["a b c d e"])})


@pytest.fixture
def files(tmp_path: Path) -> list[RowFile]:
    paths = [tmp_path / f"{number}.parquet" for number in range(3)]
    for number, path in enumerate(paths):
        pl.DataFrame({"text": [f"{number} {row}" for row in range(40)]}).write_parquet(path)
    return [RowFile(path, FIRST) for path in paths]


def test_a_sample_repeats_no_row_and_comes_from_all_files(files: list[RowFile]) -> None:
    drawn = sample_texts(files, 60, generator(0, "x"))
    assert drawn.n_unique() == len(drawn) == 60
    assert drawn.str.head(1).n_unique() == 3
    assert not drawn.is_sorted()


def test_a_sample_is_the_same_for_the_same_seed_and_name_only(files: list[RowFile]) -> None:
    one, same, other, renamed = (
        sample_texts(files, 30, generator(seed, name)).to_list()
        for seed, name in ((1, "a"), (1, "a"), (2, "a"), (1, "b"))
    )
    assert one == same
    assert one not in (other, renamed)


def test_a_sample_larger_than_the_files_is_all_of_them(files: list[RowFile]) -> None:
    assert len(sample_texts(files, 1000, generator(0, "x"))) == 120
    empty = files[0].path.with_name("empty.parquet")
    pl.DataFrame({"text": []}, schema={"text": pl.String}).write_parquet(empty)
    assert sample_texts([RowFile(empty, FIRST)], 10, generator(0, "x")).to_list() == []
