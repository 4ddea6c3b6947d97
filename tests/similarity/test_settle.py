"""Survivors: the rounds give what one row after the other gives, and never more than the pairs allow."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.similarity import settle as module
from tasks.similarity.candidates import Groups
from tasks.similarity.settle import Settled, settle


def one_by_one(groups: list[list[int]], similar: np.ndarray, threshold: float, droppable: list[bool]) -> set[int]:
    neighbours = {(a, b) for group in groups for a in group for b in group}
    dropped: set[int] = set()
    for row in range(len(droppable)):
        better = (other for other in range(row) if other not in dropped and (other, row) in neighbours)
        if droppable[row] and any(similar[other, row] >= threshold for other in better):
            dropped.add(row)
    return dropped


def settled(groups: list[list[int]], similar: np.ndarray, threshold: float, droppable: list[bool]) -> Settled:
    flat = Groups(
        np.array(list(chain.from_iterable(groups)), np.int64), np.array([len(group) for group in groups], np.int64)
    )
    return settle(flat, lambda pairs: similar[pairs[:, 0], pairs[:, 1]], threshold, np.array(droppable, bool))


def symmetric(rows: int, seed: int) -> np.ndarray:
    half = np.triu(np.random.default_rng(seed).random((rows, rows)).round(2), 1)
    return half + half.T


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[list[int]], np.ndarray, float, list[bool]]:
    rows = draw(st.integers(2, 14))
    group = st.lists(st.integers(0, rows - 1), min_size=2, max_size=rows, unique=True)
    groups = draw(st.lists(group, max_size=8))
    droppable = draw(st.lists(st.booleans() | st.just(True), min_size=rows, max_size=rows))
    return groups, symmetric(rows, draw(st.integers(0, 2**32))), draw(st.sampled_from([0.2, 0.5, 0.8])), droppable


@settings(deadline=None, max_examples=300)
@given(problems())
def test_rounds_give_what_one_row_after_the_other_gives(
    problem: tuple[list[list[int]], np.ndarray, float, list[bool]],
) -> None:
    groups, similar, threshold, droppable = problem
    result = settled(groups, similar, threshold, droppable)
    assert set(result.dropped.tolist()) == one_by_one(groups, similar, threshold, droppable)
    assert result.unsettled == 0


@settings(deadline=None, max_examples=200)
@given(problems())
def test_every_dropped_row_has_a_better_survivor_that_reaches_the_threshold(
    problem: tuple[list[list[int]], np.ndarray, float, list[bool]],
) -> None:
    groups, similar, threshold, droppable = problem
    result = settled(groups, similar, threshold, droppable)
    dropped = set(result.dropped.tolist())
    for row, survivor, share in zip(
        result.dropped.tolist(), result.survivors.tolist(), result.jaccard.tolist(), strict=True
    ):
        assert survivor < row
        assert survivor not in dropped
        assert share == similar[survivor, row] >= threshold
        assert droppable[row]
    assert len(dropped) == len(result.dropped)


def test_a_chain_does_not_drop_what_resembles_no_survivor() -> None:
    similar = np.array([[1, 0.9, 0.1], [0.9, 1, 0.9], [0.1, 0.9, 1]])
    result = settled([[0, 1, 2]], similar, 0.8, [True] * 3)
    assert result.dropped.tolist() == [1]
    assert result.survivors.tolist() == [0]


def test_of_two_survivors_that_drop_a_row_at_once_the_more_similar_one_is_told() -> None:
    similar = np.array([[1, 0, 0.85], [0, 1, 0.95], [0.85, 0.95, 1]])
    assert settled([[0, 2], [1, 2]], similar, 0.8, [True] * 3).survivors.tolist() == [1]


def test_copies_take_one_comparison_each() -> None:
    rows = 500
    result = settled([list(range(rows))] * 3, np.ones((rows, rows)), 0.8, [True] * rows)
    assert len(result.dropped) == result.verified == rows - 1


def test_a_group_too_large_to_settle_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROUNDS", 3)
    result = settled([list(range(10))], np.zeros((10, 10)), 0.8, [True] * 10)
    assert result.unsettled == 7
    assert result.verified == 9 + 8 + 7
    assert len(result.dropped) == 0
