"""Phases: exact counts in each, caps over all, one plan after the other; and what earlier runs have spent."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.core.errors import NotEnoughData
from tasks.manifests.manifest import Manifest
from tasks.manifests.weights import WeightsFacts
from tasks.mix.counts import Budget, quotas
from tasks.mix.make import PlannedMix, PlannedPhase, Run, make_plan
from tasks.mix.phases import Stretch, phase_quotas, whole_phases
from tasks.mix.settings import PlanSettings

NAMES = "abcd"
SHARES = st.lists(st.floats(0.05, 1), min_size=2, max_size=4)
PARTS = st.lists(st.floats(0.1, 1), min_size=2, max_size=4)


def to_shares(values: list[float]) -> list[float]:
    return [value / math.fsum(values) for value in values]


def stretches(parts: list[float], weights: list[list[float]]) -> list[Stretch]:
    sources = min(map(len, weights))
    found = [to_shares(row[:sources]) for row in weights]
    return [
        Stretch(share, dict(zip(NAMES, row, strict=False))) for share, row in zip(to_shares(parts), found, strict=False)
    ]


@given(
    parts=PARTS,
    weights=st.lists(SHARES, min_size=4, max_size=4),
    size=st.integers(200, 10_000),
    redistribute=st.booleans(),
    data=st.data(),
)
def test_phases_have_their_size_and_sources_stay_under_their_caps(
    parts: list[float], weights: list[list[float]], size: int, redistribute: bool, data: st.DataObject
) -> None:
    phases = stretches(parts, weights)
    held = {name: float(data.draw(st.integers(50, 20_000))) for name in phases[0].weights}
    budget = Budget(size, 2.0, redistribute=redistribute)
    try:
        quota = phase_quotas(held, phases, budget)
        counts = whole_phases(quota, {name: budget.cap(name, rows) for name, rows in held.items()})
    except NotEnoughData:
        assume(False)
        return
    assert sum(sum(phase.values()) for phase in counts) == size
    for phase, asked, got in zip(phases, quota, counts, strict=True):
        assert abs(sum(got.values()) - phase.share * size) < 1
        assert all(abs(got[name] - asked[name]) < 1 for name in got)
        if not redistribute:
            assert all(asked[name] == pytest.approx(phase.weights[name] * sum(got.values())) for name in got)
    assert all(sum(phase[name] for phase in counts) <= 2 * held[name] for name in held)


def test_one_phase_is_the_plain_case() -> None:
    weights = {"a": 0.4, "b": 0.3, "c": 0.3}
    held, budget = dict.fromkeys(weights, 1000.0), Budget(1000, 1.0)
    assert phase_quotas(held, [Stretch(1.0, weights)], budget) == [quotas(held, weights, budget)]
    assert whole_phases([quotas(held, weights, budget)], held) == [{"a": 400, "b": 300, "c": 300}]


def test_overflow_stays_within_its_phase() -> None:
    phases = [Stretch(0.5, {"a": 0.5, "b": 0.5, "c": 0.0}), Stretch(0.5, {"a": 0.5, "b": 0.0, "c": 0.5})]
    found = phase_quotas({"a": 20.0, "b": 100.0, "c": 100.0}, phases, Budget(100, 1.0, redistribute=True))
    assert found == [{"a": 10.0, "b": 40.0, "c": 0.0}, {"a": 10.0, "b": 0.0, "c": 40.0}]
    with pytest.raises(
        NotEnoughData, match=r"phase 2: 50 rows wanted, 40 possible: its sources \(a, c\) are at their caps"
    ):
        phase_quotas({"a": 20.0, "b": 100.0, "c": 30.0}, phases, Budget(100, 1.0, redistribute=True))
    with pytest.raises(NotEnoughData, match="Source 'a' holds it back: 50 % of the mix"):
        phase_quotas({"a": 20.0, "b": 100.0, "c": 100.0}, phases, Budget(100, 1.0))


def test_a_phase_weight_too_small_for_a_row_is_an_error() -> None:
    quota = [{"a": 49.8, "b": 0.2}, {"a": 25.0, "b": 25.0}]
    with pytest.raises(NotEnoughData, match=r"phase 1: source 'b' gets 0\.200 of 50 rows: none\. Set mix\.size >= 500"):
        whole_phases(quota, {"a": 100.0, "b": 100.0})


# --- the plan


@pytest.fixture
def make(tmp_path: Path, pool: Callable[..., Manifest]) -> Callable[..., PlannedMix]:
    def plan(
        held: Mapping[str, int],
        phases: list[tuple[float, dict[str, float]]],
        *,
        spent: Mapping[str, float] | None = None,
        **mix: Any,
    ) -> PlannedMix:
        manifest = pool(tmp_path, held, {name: [1 + n % 7 for n in range(rows)] for name, rows in held.items()})
        files = {name: tmp_path / manifest.path / f"train/{name}.parquet" for name in held}
        mean = {name: math.fsum(share * weights[name] for share, weights in phases) for name in held}
        asked = [
            WeightsFacts(share=share, weights=weights, requested=weights, reasons={}, method={"kind": "given"})
            for share, weights in phases
        ]
        weighing = WeightsFacts(
            weights=mean,
            requested=mean,
            reasons=dict.fromkeys(held, "given"),
            method={"kind": "phases"},
            phases=tuple(asked) if len(asked) > 1 else (),
        )
        return make_plan(manifest.accounts, files, weighing, PlanSettings(**mix), Run(1.0, 0, spent))

    return plan


CURRICULUM = [(0.8, {"easy": 0.9, "hard": 0.1}), (0.2, {"easy": 0.25, "hard": 0.75})]


def test_the_plan_is_the_phases_one_after_the_other_each_balanced_and_no_row_twice(
    make: Callable[..., PlannedMix],
) -> None:
    made = make({"easy": 1000, "hard": 300}, CURRICULUM, size=1000)
    first, second = made.plan.source[:800], made.plan.source[800:]
    assert [np.bincount(part).tolist() for part in (first, second)] == [[720, 80], [50, 150]]
    for part, share in ((first, 0.1), (second, 0.75)):
        hard = np.concatenate([[0], np.cumsum(part == 1)])
        windows = hard[40:] - hard[:-40]
        assert np.abs(windows - 40 * share).max() < 1
    for number in (0, 1):
        rows = made.plan.row[made.plan.source == number]
        assert len(set(rows.tolist())) == len(rows)
    assert [(row.rows, row.requested, row.reason) for row in made.receipt] == [
        (770, pytest.approx(0.77), "given"),
        (230, pytest.approx(0.23), "given"),
    ]
    assert made.phases == [
        PlannedPhase(0.8, {"easy": 720, "hard": 80}),
        PlannedPhase(0.2, {"easy": 50, "hard": 150}),
    ]


def test_phases_by_tokens_are_off_by_less_than_a_row(make: Callable[..., PlannedMix]) -> None:
    made = make({"easy": 1000, "hard": 300}, CURRICULUM, size=3000, unit="tokens")
    tokens = np.where(made.plan.row % 7 >= 0, 1 + made.plan.row % 7, 0)
    rows = sum(made.phases[0].rows.values())
    for part, sizes in ((slice(None, rows), (2160, 240)), (slice(rows, None), (150, 450))):
        for number, size in enumerate(sizes):
            assert abs(int(tokens[part][made.plan.source[part] == number].sum()) - size) <= 7


def test_all_of_it_in_phases_repeats_no_row(make: Callable[..., PlannedMix]) -> None:
    made = make({"easy": 997, "hard": 211}, CURRICULUM)
    rows = made.plan.row[made.plan.source == 1]
    assert len(set(rows.tolist())) == len(rows) >= 209


# --- earlier runs


def test_what_earlier_runs_have_spent_counts_against_the_cap_over_all_runs(make: Callable[..., PlannedMix]) -> None:
    half = [(1.0, {"easy": 0.5, "hard": 0.5})]
    held = {"easy": 1000, "hard": 100}
    within = make(held, half, size=400, max_total_epochs=4, spent={"hard": 2.0})
    assert [row.rows for row in within.receipt] == [200, 200]
    with pytest.raises(NotEnoughData) as caught:
        make(held, half, size=400, max_total_epochs=4, spent={"hard": 2.5})
    assert str(caught.value) == (
        "400 rows wanted, 300 possible. Source 'hard' holds it back: 50 % of the mix = 200, but 100 rows x what "
        "max_total_epochs 4 leaves after 2.5 "
        "in earlier runs = 150. Set mix.size <= 300, or mix.max_total_epochs >= 4.5, or mix.on_cap: redistribute."
    )
    made = make(held, half, size=400, max_total_epochs=4, spent={"hard": 2.5}, on_cap="redistribute")
    assert [row.rows for row in made.receipt] == [250, 150]
    with pytest.raises(
        NotEnoughData, match=r"0 possible. Source 'hard' holds it back.*Set mix\.max_total_epochs >= 5\.0?1"
    ):
        make(held, half, max_total_epochs=5, spent={"hard": 5.0})


@given(spent=st.floats(0, 10), total=st.floats(1, 10), epochs=st.floats(1, 5))
def test_passes_in_all_stay_under_the_cap(spent: float, total: float, epochs: float) -> None:
    cap = Budget(10, epochs, max_total_epochs=total, spent={"a": spent}).cap("a", 1000.0)
    assert cap / 1000 <= epochs + 1e-9
    assert cap == 0 or cap / 1000 + spent <= total + 1e-6
