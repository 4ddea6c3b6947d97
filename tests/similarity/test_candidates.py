"""Candidates: exactly the rows that share a key in a band, however the keys are cut into partitions."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.similarity import candidates
from tasks.similarity.candidates import groups, spill
from tasks.similarity.shingles import mixed


def found(keys: np.ndarray, folder: Path, blocks: int = 1) -> set[tuple[int, ...]]:
    paths, rows = spill(np.array_split(keys, blocks, axis=1), folder)
    result = groups(paths, rows)
    parts = (
        [tuple(part.tolist()) for part in np.split(result.members, np.cumsum(result.sizes)[:-1])]
        if len(result.sizes)
        else []
    )
    assert len(parts) == len(set(parts)), "a group came twice"
    return set(parts)


def wanted(keys: np.ndarray) -> set[tuple[int, ...]]:
    by_key: dict[tuple[int, int], list[int]] = defaultdict(list)
    for band, of_band in enumerate(keys):
        for row, key in enumerate(of_band):
            if key:
                by_key[band, int(key)].append(row)
    return {tuple(rows) for rows in by_key.values() if len(rows) > 1}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 4), st.integers(1, 40), st.integers(1, 12), st.integers(0, 2**32), st.integers(1, 5))
def test_groups_are_the_rows_that_share_a_key(
    tmp_path: Path, bands: int, rows: int, different: int, seed: int, blocks: int
) -> None:
    rng = np.random.default_rng(seed)
    keys = mixed(rng.integers(different, size=(bands, rows), dtype=np.uint64))
    assert found(keys, tmp_path, blocks) == wanted(keys)


def test_partitions_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = mixed(np.random.default_rng(0).integers(3000, size=(3, 5000), dtype=np.uint64))
    monkeypatch.setattr(candidates, "PARTITION_ROWS", 700)
    monkeypatch.setattr(candidates, "_READ", 999)
    assert found(keys, tmp_path) == wanted(keys)


def test_no_rows_give_no_groups(tmp_path: Path) -> None:
    assert found(np.zeros((2, 0), np.uint64), tmp_path) == set()
    assert groups(*spill([], tmp_path)).members.tolist() == []


def test_rows_without_a_key_are_nobodys_candidates(tmp_path: Path) -> None:
    assert found(np.zeros((2, 5), np.uint64), tmp_path) == set()
