"""What a word is, in every script: the same review gives counts of one order, and its near duplicate is found."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.clean.filters import repetition
from tasks.clean.measure import measured
from tasks.rows.layout import FIRST, RowFile
from tasks.similarity.engine import find_near_duplicates
from tasks.similarity.settings import NearSettings
from tasks.text.hashing import grams
from tasks.text.words import (
    WORD,
    parted,
    space_clusters,
    spaced_words,
    split_words,
    with_signs_as_words,
    words_and_signs,
)

REVIEWS = {
    "en": "The hotel was clean, the staff were friendly, and breakfast was much better than we expected. "
    "We will come back next year with the whole family.",
    "de": "Das Hotel war sauber, das Personal freundlich und das Frühstück viel besser als erwartet. "
    "Nächstes Jahr kommen wir mit der ganzen Familie wieder.",
    "zh": "酒店很干净，员工很友好，早餐比我们预期的好得多。明年我们会带全家人再来。",
    "ja": "ホテルは清潔で、スタッフは親切で、朝食は予想よりずっと良かったです。来年も家族みんなでまた来ます。",
    "th": "โรงแรมสะอาด พนักงานเป็นมิตร และอาหารเช้าดีกว่าที่เราคาดไว้มาก ปีหน้าเราจะกลับมาอีกกับทั้งครอบครัว",
    "ar": "كان الفندق نظيفًا والموظفون ودودين وكان الإفطار أفضل بكثير مما توقعنا. سنعود العام المقبل مع العائلة كلها.",
    "hi": "होटल साफ़ था, कर्मचारी मिलनसार थे और नाश्ता हमारी उम्मीद से कहीं बेहतर था। हम अगले साल पूरे परिवार के साथ फिर आएँगे।",
    "ko": "호텔은 깨끗했고 직원들은 친절했으며 아침 식사는 기대보다 훨씬 좋았습니다. "
    "내년에 온 가족과 함께 다시 오겠습니다.",
    "km": "សណ្ឋាគារស្អាត បុគ្គលិករួសរាយ ហើយអាហារពេលព្រឹកល្អជាងការរំពឹងទុក។ យើងនឹងត្រឡប់មកវិញឆ្នាំក្រោយ។",
}
WORDS = {
    "这部电影，真好看！": ["这", "部", "电", "影", "真", "好", "看"],
    "น้ำทำ": ["น้ำ", "ทำ"],
    "タワーﾊﾞ": ["タ", "ワ", "ー", "ﾊﾞ"],
    "हिन्दी में": ["हिन्दी", "में"],
    "می\u200cخواهم": ["می\u200cخواهم"],
    "Naïve x_1 m2 \u2764\ufe0f": ["naïve", "x_1", "m2"],
    "e\u0301te\u0301 中文abc中": ["e\u0301te\u0301", "中", "文", "abc", "中"],
    "한국어 좋아": ["한국어", "좋아"],
}


@pytest.mark.parametrize(("text", "words"), WORDS.items())
def test_a_text_has_these_words(text: str, words: list[str]) -> None:
    assert split_words(pl.Series([text]))[0].to_list() == words
    assert measured(pl.Series([text]))["words"].item() == len(words)


def test_the_same_review_has_counts_of_one_order_in_every_language() -> None:
    counts = measured(pl.Series(list(REVIEWS.values())))["words"].to_list()
    assert 10 <= min(counts) <= max(counts) <= 100, dict(zip(REVIEWS, counts, strict=True))


@pytest.mark.parametrize("language", REVIEWS)
def test_its_near_duplicate_is_found_in_every_language(language: str, tmp_path: Path) -> None:
    review, other = REVIEWS[language], REVIEWS["en" if language != "en" else "de"]
    texts = [review * 2, (review * 2)[:-2] + "!", other * 2]
    pl.DataFrame({"text": texts}).write_parquet(tmp_path / "rows.parquet")
    found = find_near_duplicates(
        {"rows": RowFile(tmp_path / "rows.parquet", FIRST)}, NearSettings(threshold=0.7), tmp_path, seed=0
    )
    assert found.dropped["row"].to_list() == [1]


@pytest.mark.parametrize("language", REVIEWS)
def test_a_text_that_repeats_itself_is_refused_in_every_language(language: str) -> None:
    review = REVIEWS[language]
    said = pl.DataFrame({"text": [review, (review + " ") * 6]}).select(repetition.reason(repetition.Params()))
    assert said.to_series().to_list() == [None, "repeated_words"]


@given(st.lists(st.text(max_size=30), max_size=5))
def test_the_ways_of_splitting_agree(texts: list[str]) -> None:
    series = pl.Series(texts, dtype=pl.String)
    words = split_words(series)
    assert words.to_list() == series.str.to_lowercase().str.extract_all(WORD).to_list()
    assert [text.split() for text in spaced_words(series)] == words.to_list()
    assert all(len(both) >= len(split) for both, split in zip(words_and_signs(series), words, strict=True))


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_texts_of_spaced_scripts_stay_as_they_are(text: str) -> None:
    assert space_clusters(pl.Series([text])).item() == text
    assert split_words(pl.Series([text]))[0].to_list() == pl.Series([text.lower()]).str.extract_all(r"\w+")[0].to_list()


def test_pairs_of_words_are_hashed_in_a_text_without_spaces() -> None:
    assert grams(pl.Series(["电影好看"])).lengths().tolist() == [4 + 3]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("good <3", "good </3"),
        ("x = y", "x != y"),
        ("x == y", "x = y"),
        ("a < b", "a <= b"),
        ("a => b", "a >= b"),
        ("a -> b", "a <- b"),
        (".NET", "NET"),
    ],
)
def test_signs_that_tell_texts_apart_make_other_words(one: str, other: str) -> None:
    first, second = with_signs_as_words(pl.Series([one, other])).to_list()
    assert split_words(pl.Series([first])).to_list() != split_words(pl.Series([second])).to_list()


@pytest.mark.parametrize("text", ["One. Two", "well... yes", "(so) it was", "‘quoted’ – dashed", "a.b"])
def test_the_punctuation_of_sentences_tells_nothing(text: str) -> None:
    assert with_signs_as_words(pl.Series([text])).to_list() == [text]


@given(st.lists(st.one_of(st.sampled_from(list(REVIEWS.values())), st.text())))
def test_texts_in_pieces_are_the_texts_and_their_words_are_those_that_are_counted(texts: list[str]) -> None:
    apart = parted(pl.Series(texts, dtype=pl.String))
    assert ["".join(pieces) for pieces in apart.pieces] == texts
    counts = [
        len(words) for words in split_words(pl.Series([text for text in texts if text.isascii()], dtype=pl.String))
    ]
    ascii_only = [pieces for text, pieces in zip(texts, apart.pieces, strict=True) if text.isascii()]
    assert [sum(piece in apart.words for piece in pieces) for pieces in ascii_only] == counts
    assert apart.unspaced <= apart.words
