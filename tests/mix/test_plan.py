"""The order of the mix: every row as often as it should be, every window fair, the same everywhere."""

import hashlib
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tasks.mix.plan import Plan, draw_rows, draw_tokens, generator, interleave, load_plan, save_plan, spread

COUNTS = st.lists(st.integers(0, 80), min_size=1, max_size=8).filter(any)
FIBONACCI = 3.3599


@given(size=st.integers(1, 50), count=st.integers(0, 200), seed=st.integers(0, 3))
def test_no_row_is_drawn_more_than_one_time_oftener_than_another(size: int, count: int, seed: int) -> None:
    drawn = draw_rows(size, count, generator(seed, "s"))
    times = np.bincount(drawn, minlength=size)
    assert len(drawn) == times.sum() == count
    assert times.max(initial=0) <= -(-count // size)
    assert times.min() >= count // size


def test_every_copy_holds_every_row_once_in_its_own_order() -> None:
    copies = draw_rows(100, 300, generator(0, "s")).reshape(3, 100)
    assert all(sorted(copy) == list(range(100)) for copy in copies)
    assert len({copy.tobytes() for copy in copies}) == 3


@given(tokens=st.lists(st.integers(1, 50), min_size=1, max_size=40), times=st.floats(0.01, 3), room=st.floats(0, 60))
def test_a_token_quota_is_met_to_less_than_one_row_and_no_cap_is_passed(
    tokens: list[int], times: float, room: float
) -> None:
    counts = np.array(tokens, np.uint32)
    quota = times * sum(tokens)
    drawn = draw_tokens(counts, quota, quota + room, generator(0, "s"))
    got = int(counts[drawn].sum())
    assert abs(got - quota) < max(tokens)
    assert got <= quota + room + 1e-6
    if room >= max(tokens) / 2:
        assert abs(got - quota) <= max(tokens) / 2
    seen = np.bincount(drawn, minlength=len(tokens))
    assert seen.max() - seen.min() <= 1


@given(tokens=st.lists(st.integers(0, 9), min_size=1, max_size=20).filter(any), copies=st.integers(1, 3))
def test_all_tokens_of_a_source_are_all_its_rows(tokens: list[int], copies: int) -> None:
    counts = np.array(tokens, np.uint32)
    quota = float(copies * counts.sum())
    assert len(draw_tokens(counts, quota, quota, generator(1, "s"))) == copies * len(tokens)


def tree_bound(counts: list[int]) -> dict[int, float]:
    """The bound that `spread` states, counted on its own tree: Σ m_i / s_v over the parts around source i, the whole
    left out."""
    parts = [(count, number, [number]) for number, count in enumerate(counts) if count]
    bound = dict.fromkeys((number for _, number, _ in parts), 0.0)
    while len(parts) > 1:
        parts.sort()
        (a, first, left), (b, second, right), *parts = parts
        for size, members in ((a, left), (b, right)):
            for number in members:
                bound[number] += counts[number] / size
        parts.append((a + b, min(first, second), left + right))
    return bound


def windows(here: NDArray[np.bool_], length: int) -> NDArray[np.int64]:
    reached = np.concatenate([[0], np.cumsum(here, dtype=np.int64)])
    return reached[length:] - reached[:-length]


@given(counts=COUNTS)
@example(counts=[1, 1, 2, 3, 5, 8, 13, 21, 34])
@example(counts=[80, 1, 1, 1, 1, 1, 1, 1])
def test_every_window_holds_each_source_by_its_weight(counts: list[int]) -> None:
    source, total, kinds = spread(counts), sum(counts), sum(count > 0 for count in counts)
    assert np.bincount(source, minlength=len(counts)).tolist() == counts
    bounds = tree_bound(counts)
    assert max(bounds.values()) <= min(kinds - 1, FIBONACCI) + 1e-9
    for number, bound in bounds.items():
        here, weight = source == number, counts[number] / total
        for length in {1, 2, 3, 7, total // 3, total // 2, total - 1, total} & set(range(1, total + 1)):
            off = np.abs(windows(here, length) - length * weight).max()
            assert off < bound or (bound == 0 and math.isclose(off, 0, abs_tol=1e-9))
        ahead = np.abs(np.cumsum(here) - np.arange(1, total + 1) * weight).max()
        assert ahead <= bound / 2 + 1e-9


def test_the_subjects_own_weights_are_off_by_less_than_2_rows_in_any_window() -> None:
    source = spread([400, 300, 300])
    assert source[:10].tolist() == spread([4, 3, 3]).tolist()
    for number, weight in enumerate((0.4, 0.3, 0.3)):
        for length in range(1, 200):
            assert np.abs(windows(source == number, length) - length * weight).max() < 2


def test_windows_are_no_less_even_than_a_uniform_shuffle() -> None:
    counts = [30_000, 30_000, 20_000, 20_000]

    def spread_of(source: NDArray[np.uint16]) -> float:
        return float(
            np.mean(
                [
                    (windows(source == number, 1000) - 1000 * count / sum(counts)) ** 2
                    for number, count in enumerate(counts)
                ]
            )
        )

    assert spread_of(spread(counts)) < spread_of(generator(0, "shuffle").permutation(spread(counts))) / 50


@given(counts=COUNTS)
def test_interleaving_keeps_every_row_and_each_sources_order(counts: list[int]) -> None:
    drawn = [generator(number, "s").permutation(count).astype(np.uint32) for number, count in enumerate(counts)]
    plan = interleave(drawn)
    for number, rows in enumerate(drawn):
        assert (plan.row[plan.source == number] == rows).all()


def test_a_plan_takes_6_bytes_a_row_and_is_the_same_file_every_time(tmp_path: Path) -> None:
    plan = interleave([draw_rows(700, 1000, generator(0, "a")), draw_rows(500, 500, generator(0, "b"))])
    assert (plan.source.dtype, plan.row.dtype) == (np.uint16, np.uint32)
    for name in ("x", "y"):
        save_plan(plan, tmp_path / name)
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()
    assert (tmp_path / "x").stat().st_size < 6 * 1500 + 1000
    there = load_plan(tmp_path / "x")
    assert (there.source == plan.source).all()
    assert (there.row == plan.row).all()


def test_the_draw_of_a_source_does_not_depend_on_others_and_is_the_same_in_another_process() -> None:
    code = (
        "import hashlib; from tasks.mix.plan import *; "
        "p = interleave([draw_rows(1000, 2500, generator(3, 'x')), draw_rows(9, 99, generator(3, 'y'))]);"
        "print(hashlib.sha256(p.source.tobytes() + p.row.tobytes()).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    plan: Plan = interleave([draw_rows(1000, 2500, generator(3, "x")), draw_rows(9, 99, generator(3, "y"))])
    assert hashlib.sha256(plan.source.tobytes() + plan.row.tobytes()).hexdigest() == other
    assert (generator(3, "x").permutation(50) != generator(4, "x").permutation(50)).any()
    assert (generator(3, "x").permutation(50) != generator(3, "y").permutation(50)).any()


@pytest.mark.parametrize("count", [1, 5])
def test_one_source_alone_fills_the_mix(count: int) -> None:
    assert spread([0, count]).tolist() == [1] * count
    assert spread([0, 0]).tolist() == []
    assert draw_rows(0, 0, generator(0, "s")).tolist() == []
