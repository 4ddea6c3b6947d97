"""The measures against worked examples, published figures and other libraries."""

import math
import re
import zlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from tasks.profile.between import jensen_shannon, js_matrix, overlap, overlap_matrix, total_variation
from tasks.profile.counts import label_balance, label_counts, label_distance, label_imbalance, languages, lengths
from tasks.profile.quality import flawless
from tasks.profile.topics import coverage, embed, evenness, fit, shares_of
from tasks.profile.variety import compression_ratio, distinct, distinct_of_draws, mtld
from tasks.profile.vendi import exp_entropy, vendi_dual
from tasks.profile.words import Words, number_words
from tasks.rows.layout import FIRST, RowFile

README = """Measure of textual lexical diversity, computed as the mean length of sequential words in a text that maintains a minimum threshold
TTR score. Iterates over words until TTR scores falls below a threshold, then increase factor counter by 1 and start over. McCarthy and
Jarvis (2010, pg. 385) recommends a factor threshold in the range of [0.660, 0.750]. (McCarthy 2005, McCarthy and Jarvis 2010)"""  # noqa: E501
COUNTS = st.lists(st.integers(0, 50), min_size=2, max_size=8)


def words_of(*texts: str) -> Words:
    return number_words({"a": pl.Series(texts, dtype=pl.String)})["a"]


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


# --- variety


def test_distinct_of_a_worked_example() -> None:
    """`a b a b c`: 3 of 5 words differ; ab ba ab bc: 3 of 4; aba bab abc: 3 of 3. N-grams do not cross texts."""
    words = words_of("a b a b c")
    assert [distinct(words, n) for n in (1, 2, 3)] == [3 / 5, 3 / 4, 1.0]
    assert distinct(words_of("a b", "b a"), 2) == 1.0
    assert math.isnan(distinct(words_of("a b"), 3))
    assert math.isnan(distinct(words_of(), 1))


def test_distinct_compares_equal_sizes() -> None:
    """A text ten times as long has a lower distinct-1, but not on draws of equal size."""
    pool = [f"w{number}" for number in range(500)]
    texts = [
        " ".join(rng().permutation(pool)[:20])
        if number == 0
        else " ".join(np.random.default_rng(number).choice(pool, 20))
        for number in range(1000)
    ]
    short, long = words_of(*texts[:100]), words_of(*texts)
    assert distinct(long, 1) < 0.5 * distinct(short, 1)
    few, many = (distinct_of_draws(words, 1, 1000, 10, rng()) for words in (short, long))
    assert few.mean == pytest.approx(many.mean, abs=0.02)
    assert many.sd > 0


def test_compression_is_zlibs() -> None:
    texts = [f"text number {number} of the sample" for number in range(50)]
    raw = "\n".join(texts[place] for place in rng().permutation(50)).encode()
    assert compression_ratio(texts, rng()) == len(raw) / len(zlib.compress(raw, 6))
    assert compression_ratio(["same"] * 1000, rng()) > 50
    assert math.isnan(compression_ratio([], rng()))


def test_mtld_of_the_published_example() -> None:
    """The README of LexicalRichness 0.5.1: 57 words, 39 types, MTLD(.72) 46.79226361031519."""
    words = re.findall(r"[a-z]+", README.lower())
    assert (len(words), len(set(words))) == (57, 39)
    assert mtld(words) == pytest.approx(46.79226361031519, abs=1e-12)


def test_mtld_at_its_ends() -> None:
    assert mtld(["a"] * 10) == 2.0
    assert mtld(list("abcdef")) == math.inf
    assert math.isnan(mtld([]))


# --- Vendi


def vendi(similarity: np.ndarray) -> float:
    """The score by its definition, from a similarity matrix."""
    return exp_entropy(np.linalg.eigvalsh(similarity / len(similarity)))


def test_vendi_of_the_published_examples() -> None:
    """The README of vertaix/Vendi-Score: samples 0 0 10 10 20 20 under exp(-|a - b|); three things of which two are 0.9
    alike."""
    samples = np.array([0, 0, 10, 10, 20, 20])
    assert vendi(np.exp(-np.abs(samples[:, None] - samples))) == pytest.approx(2.9999, abs=1e-4)
    assert vendi(np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]])) == pytest.approx(2.1573, abs=1e-4)


def test_vendi_dual_equals_primal() -> None:
    vectors = rng().normal(size=(300, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert vendi_dual(vectors) == pytest.approx(vendi(vectors @ vectors.T), abs=1e-9)


def test_vendi_counts_different_things() -> None:
    assert vendi_dual(np.tile([[0.6, 0.8]], (50, 1))) == pytest.approx(1)
    assert vendi_dual(np.eye(7)) == pytest.approx(7)
    assert math.isnan(vendi_dual(np.empty((0, 3))))


# --- between


def test_jensen_shannon_of_the_worked_example() -> None:
    p, q = np.array([0.5, 0.5, 0]), np.array([0.25, 0.25, 0.5])
    assert jensen_shannon(p, q) == pytest.approx(0.3112781, abs=1e-7)
    assert total_variation(p, q) == 0.5


@given(COUNTS, COUNTS)
def test_jensen_shannon_is_scipys_squared_distance(first: list[int], second: list[int]) -> None:
    size = min(len(first), len(second))
    p, q = np.array(first[:size]), np.array(second[:size])
    if not p.any() or not q.any():
        assert math.isnan(jensen_shannon(p, q))
        return
    assert jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q, 2) ** 2, abs=1e-7)
    assert 0 <= jensen_shannon(p, q) <= 1 + 1e-12
    assert jensen_shannon(p, q) == pytest.approx(jensen_shannon(q, p))


def test_matrices_are_symmetric_and_know_equal_and_disjoint_samples() -> None:
    words = number_words(
        {
            name: pl.Series([text])
            for name, text in {
                "a": "one two three four",
                "b": "one two three four",
                "c": "five six seven eight",
            }.items()
        }
    )
    samples = list(words.values())
    assert np.allclose(js_matrix(samples, 1), [[0, 0, 1], [0, 0, 1], [1, 1, 0]])
    assert overlap_matrix(samples, 2) == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_overlap_is_the_share_of_the_smaller_set() -> None:
    assert overlap(np.array([1, 2, 3, 3]), np.array([3, 4, 1, 9, 8, 7])) == 2 / 3
    assert math.isnan(overlap(np.array([], np.int64), np.array([1])))


# --- topics


def test_evenness_and_coverage() -> None:
    assert evenness(np.array([5, 5, 5, 5])) == pytest.approx(1)
    assert evenness(np.array([7, 0, 0])) == 0
    assert evenness(np.array([0.5, 0.5, 0, 0])) == pytest.approx(0.5)
    assert math.isnan(evenness(np.array([3])))
    assert math.isnan(evenness(np.zeros(3)))
    assert coverage(np.array([0.2, 0, 0.8, 0])) == 0.5


def test_topics_tell_two_subjects_apart() -> None:
    kitchen, sea = "pan oven salt pepper knife soup onion", "sail ship wind harbour wave anchor tide"
    makers = np.random.default_rng(3)
    texts = [" ".join(makers.choice(subject.split(), 6)) for subject in (kitchen, sea) for _ in range(60)]
    space = fit(pl.Series(texts), 0)
    assert space is not None
    shares = [shares_of(embed(pl.Series(part), space), space) for part in (texts[:60], texts[60:])]
    assert total_variation(*shares) > 0.9
    assert shares[0].sum() == pytest.approx(1)
    assert coverage(shares[0]) < coverage(shares[0] + shares[1])
    assert vendi_dual(embed(pl.Series(texts), space)) > vendi_dual(embed(pl.Series(texts[:60]), space))


@pytest.mark.parametrize("texts", [[], ["one text"] * 3, ["same"] * 40, [""] * 40, ["?!"] * 40, ["same words"] * 40])
def test_too_little_to_have_topics(texts: list[str]) -> None:
    assert fit(pl.Series(texts, dtype=pl.String), 0) is None


def test_texts_of_unknown_words_have_no_vector() -> None:
    space = fit(pl.Series([f"a{number % 7} b{number % 5} c" for number in range(60)]), 0)
    assert space is not None
    assert len(embed(pl.Series(["a1 b2", "", "?"]), space)) == 1
    assert shares_of(embed(pl.Series([""]), space), space).sum() == 0


# --- counts


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.parquet"
    tokens = pl.Series([0, 1, 2, 3, 4, 7, 8, 1023, 1024, 5], dtype=pl.UInt32)
    pl.DataFrame({"text": ["x"] * 10, "label": ["a"] * 6 + ["b"] * 3 + [None], "tokens": tokens}).write_parquet(path)
    return path


def test_labels_are_counted_over_all_files(file: Path) -> None:
    assert label_counts([RowFile(file, FIRST)] * 2) == {"a": 12, "b": 6}


def test_label_balance_of_a_worked_example() -> None:
    """3 : 1 has entropy 0.8113 bits of 1."""
    assert label_balance({"a": 3, "b": 1}) == pytest.approx(0.811278, abs=1e-6)
    assert label_imbalance({"a": 3, "b": 1}) == 3
    assert label_distance({"a": 3, "b": 1}, {"a": 1, "c": 1}) == 0.5
    assert math.isnan(label_balance({"a": 3}))
    assert math.isnan(label_balance({}))
    assert math.isnan(label_imbalance({}))


def test_lengths_fall_into_powers_of_two(file: Path) -> None:
    told = lengths(pl.scan_parquet(file), pl.col("tokens"))
    assert told.edges == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048]
    assert told.counts == [1, 1, 2, 3, 1, 0, 0, 0, 0, 0, 1, 1]
    assert (told.p5, told.median, told.mean) == (0, 4, 207.7)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 2**32 - 1), max_size=20))
def test_every_length_is_in_its_bin(tmp_path_factory: pytest.TempPathFactory, tokens: list[int]) -> None:
    path = tmp_path_factory.mktemp("lengths") / "rows.parquet"
    pl.DataFrame({"tokens": pl.Series(tokens, dtype=pl.UInt32)}).write_parquet(path)
    told = lengths(pl.scan_parquet(path), pl.col("tokens"))
    want = [sum(low <= value < high for value in tokens) for low, high in zip(told.edges, told.edges[1:], strict=False)]
    assert told.counts == want
    assert sum(told.counts) == len(tokens)


def test_languages_are_told_and_short_texts_are_not_guessed() -> None:
    texts = [
        "The weather was fine and we walked along the river.",
        "Das Wetter war schön und wir gingen am Fluss entlang.",
        "ok",
        "I would like to have another cup of tea, please.",
    ]
    assert languages(pl.Series(texts)) == {"en": 0.5, "de": 0.25, "short": 0.25}
    assert languages(pl.Series([], dtype=pl.String)) == {}


GOOD = "A plain sentence about the weather."


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (GOOD, True),
        ("Das Wetter war gestern schön.", True),
        ("今日は天気がいいです", True),
        ("", False),
        ("word", False),
        ("a b c d e f g", False),
        ("12 34 56 words words", False),
        ("#one #two #three of them", False),
        ("antidisestablishmentarianism " * 2, False),
    ],
)
def test_plain_flaws(text: str, good: bool) -> None:
    assert flawless(pl.Series([text, GOOD])) == (1 + good) / 2


def test_no_texts_have_no_quality() -> None:
    assert math.isnan(flawless(pl.Series([], dtype=pl.String)))
    assert flawless(pl.Series([None, GOOD])) == 0.5
