"""Semantic duplicates: the groups that comparing every pair gives, and none below the threshold."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.deduplicate import semantic as meaning
from tasks.deduplicate.near import Vectors, semantic_duplicates
from tasks.deduplicate.semantic import SemanticDuplicates, find_semantic_duplicates, scale_to_unit
from tasks.rows.dropping import Removal
from tasks.rows.layout import FIRST, RowFile

pytest.importorskip("faiss", reason="the extra `semantic` is not installed")


def clustered(rows: int, clusters: int, spread: float, seed: int, dimensions: int = 24) -> meaning.Embeddings:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(clusters, dimensions))
    made = centres[rng.integers(clusters, size=rows)] + spread * rng.normal(size=(rows, dimensions))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float16)


def plainly(vectors: meaning.Embeddings, threshold: float, protected: int) -> dict[int, int]:
    """The rule as it is told: row after row, compared with all that stay so far."""
    wide = scale_to_unit(vectors).astype(np.float64)
    cosine = wide @ wide.T
    stays: list[int] = []
    gone: dict[int, int] = {}
    for row in range(len(vectors)):
        like = [other for other in stays if cosine[row, other] >= threshold]
        if like and row >= protected:
            gone[row] = like[0]
        else:
            stays.append(row)
    return gone


def pairs(found: SemanticDuplicates) -> dict[int, int]:
    return dict(zip(found.dropped.tolist(), found.survivors.tolist(), strict=True))


@pytest.mark.parametrize("block", [1, 7, 1024])
@settings(max_examples=40)
@given(
    rows=st.integers(0, 60),
    clusters=st.integers(1, 20),
    spread=st.sampled_from([0, 0.1, 0.3]),
    seed=st.integers(0, 99),
    threshold=st.sampled_from([0.7, 0.9, 0.95]),
    protected=st.integers(0, 30),
)
def test_what_comparing_every_pair_finds(
    block: int, rows: int, clusters: int, spread: float, seed: int, threshold: float, protected: int
) -> None:
    vectors = clustered(rows, clusters, spread, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meaning, "BLOCK_ROWS", block)
        found = find_semantic_duplicates(vectors, threshold, min(protected, rows), 0)
    assert found.exact
    assert pairs(found) == plainly(vectors, threshold, protected)


@pytest.fixture(scope="module")
def many() -> meaning.Embeddings:
    return clustered(6000, 2500, 0.12, 5)


@pytest.mark.parametrize("exact", [True, False])
def test_no_row_goes_below_the_threshold_and_every_survivor_stays(
    many: meaning.Embeddings, exact: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meaning, "EXACT_ROWS", len(many) if exact else 0)
    found = find_semantic_duplicates(many, 0.95, 500, 0)
    wide = scale_to_unit(many)
    cosine = (wide[found.dropped] * wide[found.survivors]).sum(axis=1)
    assert found.exact == exact
    assert cosine.min() >= 0.95 - 1e-6
    assert np.abs(cosine - found.cosine).max() < 1e-6
    assert found.dropped.min() >= 500
    assert (found.survivors < found.dropped).all()
    assert not set(found.survivors.tolist()) & set(found.dropped.tolist())
    expected = plainly(many, 0.95, 500)
    assert len(expected) > 1000
    if exact:
        assert pairs(found) == expected
    else:
        assert len(set(pairs(found)) & set(expected)) >= 0.99 * len(expected)


def test_the_same_answer_every_time(many: meaning.Embeddings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "EXACT_ROWS", 0)
    first, second = (find_semantic_duplicates(many, 0.9, 0, 3) for _ in range(2))
    assert pairs(first) == pairs(second)
    assert (first.cosine == second.cosine).all()


def test_a_thousand_copies_cost_one_look_up() -> None:
    copies = np.repeat(clustered(1, 1, 0, 0), 5000, axis=0)
    found = find_semantic_duplicates(copies, 0.95, 0, 0)
    assert pairs(found) == dict.fromkeys(range(1, 5000), 0)
    assert found.verified == 4999


class Case:
    """A pool of two sources, whose texts have the vectors that a table says."""

    def __init__(
        self, folder: Path, train: dict[str, list[str]], holdout: dict[str, list[str]], angles: dict[str, float]
    ) -> None:
        self.folder = folder
        self.files: dict[str, dict[str, RowFile]] = {"train": {}, "holdout": {}}
        self.vectors: dict[str, Vectors] = {}
        for source, rows in train.items():
            every = [*holdout[source], *reversed(rows)]
            turned = [np.deg2rad(angles[text]) for text in every]
            np.save(
                folder / f"{source}.npy", np.array([[np.cos(angle), np.sin(angle)] for angle in turned], np.float16)
            )
            pl.DataFrame({"row_id": [f"f:{text}" for text in every]}).write_parquet(folder / f"{source}.rows")
            self.vectors[source] = Vectors(folder / f"{source}.npy", folder / f"{source}.rows")
            for side, texts in (("train", rows), ("holdout", holdout[source])):
                path = folder / f"{side}-{source}.parquet"
                self.files[side][source] = RowFile(path, FIRST)
                pl.DataFrame(
                    {"row_id": [f"f:{text}" for text in texts], "text": texts},
                    schema={"row_id": pl.String, "text": pl.String},
                ).write_parquet(path)

    def find(self, threshold: float = 0.95) -> Removal:
        return semantic_duplicates(self.files, self.vectors, threshold, self.folder, 0)


def test_the_earlier_source_stays_then_the_earlier_row_and_the_hold_out_always(tmp_path: Path) -> None:
    angles = {
        "cat": 0,
        "kitten": 10,
        "pussycat": 5,
        "dog": 90,
        "hound": 95,
        "puppy": 80,
        "held": 185,
        "alike": 180,
        "bird": 270,
    }
    train = {"first": ["hound", "kitten", "alike"], "second": ["cat", "dog", "bird", "pussycat"]}
    found = Case(tmp_path, train, {"first": ["puppy"], "second": ["held"]}, angles).find(np.cos(np.deg2rad(12)))
    gone = found.rows.select("source", "row", "other", "other_row", "reason").rows()
    assert gone == [
        ("first", 2, "holdout/second", 0, "semantic_holdout"),
        ("second", 0, "first", 1, "semantic_duplicate"),
        ("second", 1, "holdout/first", 0, "semantic_holdout"),
        ("second", 3, "first", 1, "semantic_duplicate"),
    ]
    assert found.dropped.figures["rows compared"] == 9
    assert found.dropped.rows == 4


def test_examples_carry_both_texts_and_their_cosine(tmp_path: Path) -> None:
    case = Case(
        tmp_path, {"a": ["cat", "dog"], "b": ["feline"]}, {"a": [], "b": []}, {"cat": 0, "feline": 3, "dog": 90}
    )
    (example,) = case.find().dropped.examples
    assert (example.text, example.other_text, example.other) == ("feline", "cat", "a")
    assert example.score == pytest.approx(np.cos(np.deg2rad(3)), abs=1e-3)
