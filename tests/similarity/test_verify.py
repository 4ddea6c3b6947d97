"""Verification: the Jaccard of plain Python sets, for any pairs in any batches."""

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.similarity import verify
from tasks.similarity.shingles import Shingles, mixed
from tasks.similarity.verify import Sets, jaccard


def blocks_of(texts: list[list[int]], cut: int) -> list[Shingles]:
    parts = [texts[:cut], texts[cut:]]
    return [
        Shingles(
            mixed(np.array(list(chain.from_iterable(part)), np.uint64)),
            np.array([len(text) for text in part], np.int64),
        )
        for part in parts
    ]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=40), min_size=2, max_size=12),
    st.integers(0, 12),
    st.integers(1, 60),
)
def test_jaccard_is_that_of_python_sets(tmp_path: Path, texts: list[list[int]], cut: int, batch: int) -> None:
    sets = Sets.written(blocks_of(texts, cut), tmp_path / "sets")
    pairs = np.array([(i, j) for i in range(len(texts)) for j in range(len(texts))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "BATCH_SHINGLES", batch)
        patch.setattr(verify, "BATCH_PAIRS", 7)
        got = jaccard(sets, pairs)
    want = [len(set(texts[i]) & set(texts[j])) / len(set(texts[i]) | set(texts[j])) for i, j in pairs]
    assert got.tolist() == want


def test_the_threshold_itself_is_reached_exactly(tmp_path: Path) -> None:
    sets = Sets.written(blocks_of([list(range(9)), [*range(1, 9), 100]], 1), tmp_path / "sets")
    assert jaccard(sets, np.array([[0, 1]])).tolist() == [0.8]


def test_no_sets_and_no_pairs(tmp_path: Path) -> None:
    sets = Sets.written([], tmp_path / "sets")
    assert jaccard(sets, np.empty((0, 2), np.int64)).tolist() == []


def test_too_many_texts_for_the_packing_are_refused(tmp_path: Path) -> None:
    block = Shingles(np.arange(5000, dtype=np.uint64), np.ones(5000, np.int64))
    with pytest.raises(ValueError, match="5000 texts"):
        Sets.written([block], tmp_path / "sets")
