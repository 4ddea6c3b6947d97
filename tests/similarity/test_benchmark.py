"""The benchmark's corpus is what it says, and its truth is the whole truth."""

import sys
from itertools import combinations
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from tasks.text.words import with_signs_as_words

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def scripts() -> tuple[ModuleType, ModuleType]:
    sys.path.insert(0, str(FOLDER))
    try:
        import corpus
        import near_duplicates
    finally:
        sys.path.remove(str(FOLDER))
    return corpus, near_duplicates


@pytest.fixture(scope="module")
def made(scripts: tuple[ModuleType, ModuleType], shared_data: Path) -> pl.DataFrame:
    return scripts[0].documents(3000, shared_data, seed=1)


@pytest.mark.shared_data
def test_the_same_seed_makes_the_same_corpus(
    scripts: tuple[ModuleType, ModuleType], shared_data: Path, made: pl.DataFrame
) -> None:
    assert scripts[0].documents(3000, shared_data, seed=1).equals(made)
    assert not scripts[0].documents(3000, shared_data, seed=2).equals(made)


@pytest.mark.shared_data
def test_flaws_are_as_many_as_said_and_the_truth_about_them_holds(
    scripts: tuple[ModuleType, ModuleType], made: pl.DataFrame
) -> None:
    corpus = scripts[0]
    assert dict(made["kind"].value_counts().iter_rows()) == {
        "original": 2400,
        "copy": 150,
        "spaced_copy": 150,
        "near": 150,
        "junk": 150,
    }
    assert made["id"].is_unique().all()
    texts = dict(zip(made["id"], made["text"], strict=True))
    assert len({texts[name] for name in made.filter(pl.col("kind") == "original")["id"]}) == 2400
    for name, kind, origin, jaccard in made.select("id", "kind", "origin", "jaccard").iter_rows():
        if kind == "copy":
            assert texts[name] == texts[origin]
        elif kind == "spaced_copy":
            assert texts[name] != texts[origin]
            assert " ".join(texts[name].split()) == corpus.unicodedata.normalize("NFD", " ".join(texts[origin].split()))
        elif kind == "near":
            assert 0.7 <= jaccard == corpus.jaccard(texts[name], texts[origin]) < 1


@pytest.mark.shared_data
def test_files_hold_the_corpus(scripts: tuple[ModuleType, ModuleType], made: pl.DataFrame, tmp_path: Path) -> None:
    scripts[0].write(made, tmp_path)
    back = [
        pl.read_ndjson(tmp_path / "news.jsonl"),
        pl.read_csv(tmp_path / "social.csv").with_columns(pl.col("text").fill_null("")),
    ]
    back += [pl.read_parquet(tmp_path / "reviews.parquet"), pl.read_ndjson(tmp_path / "papers.jsonl")]
    assert pl.concat(back).equals(made.select("id", "text", "label"))
    assert pl.read_parquet(tmp_path / "truth.parquet")["id"].equals(made["id"])


@pytest.mark.shared_data
def test_no_true_pair_is_missed(scripts: tuple[ModuleType, ModuleType], made: pl.DataFrame, tmp_path: Path) -> None:
    corpus, bench = scripts
    frame = made.filter(
        pl.col("kind").is_in(["near", "copy"]) | pl.col("id").is_in(made["origin"].drop_nulls().implode())
    ).select("id", "text")
    frame.write_parquet(tmp_path / "0.parquet")
    sets = [corpus.shingles(text) for text in with_signs_as_words(frame["text"])]
    near = [
        (i, j, len(sets[i] & sets[j]) / len(sets[i] | sets[j]))
        for i, j in combinations(range(len(sets)), 2)
        if sets[i] & sets[j]
    ]
    want = {(frame["id"][i], frame["id"][j]) for i, j, share in near if share >= 0.8}
    assert set(bench.true_pairs(tmp_path).select("a", "b").iter_rows()) == want
    assert len(want) > 200
