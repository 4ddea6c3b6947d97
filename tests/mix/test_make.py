"""From pool, weights and settings to a plan and its receipt."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core.errors import NotEnoughData
from tasks.manifests.manifest import Manifest
from tasks.manifests.plan import with_training
from tasks.manifests.weights import WeightsFacts
from tasks.mix.make import PlannedMix, Run, make_plan
from tasks.mix.receipt import headline
from tasks.mix.settings import PlanSettings

Make = Callable[..., PlannedMix]


@pytest.fixture
def make(tmp_path: Path, pool: Callable[..., Manifest], weighing: Callable[..., WeightsFacts]) -> Make:
    """Plan a mix of a small pool: `make({"a": 50}, {"a": 1.0}, size=20)`; sizes, or the tokens of every row."""

    def plan(
        held: Mapping[str, int | Sequence[int]],
        shares: Mapping[str, float],
        *,
        epochs: float = 1.0,
        seed: int = 0,
        method: str = "given",
        spent: Mapping[str, float] | None = None,
        **mix: Any,
    ) -> PlannedMix:
        sizes = {name: rows if isinstance(rows, int) else len(rows) for name, rows in held.items()}
        manifest = pool(tmp_path, sizes, {name: rows for name, rows in held.items() if not isinstance(rows, int)})
        files = {name: tmp_path / manifest.path / f"train/{name}.parquet" for name in sizes}
        told = weighing(shares, kind=method, **({"on_cap": "redistribute"} if method == "unimax" else {}))
        return make_plan(manifest.accounts, files, told, PlanSettings(**mix), Run(epochs, seed, spent))

    return plan


def test_the_subjects_own_example(make: Make) -> None:
    made = make(
        dict.fromkeys(("news", "social", "papers"), 500), {"news": 0.4, "social": 0.3, "papers": 0.3}, size=1000
    )
    assert [(row.source, row.rows, row.share_rows, row.weight, row.epochs) for row in made.receipt] == [
        ("news", 400, 0.4, 0.4, 0.8),
        ("social", 300, 0.3, 0.3, 0.6),
        ("papers", 300, 0.3, 0.3, 0.6),
    ]
    assert headline(made.receipt).startswith("1,000 rows: news 400 (40.0 %, 0.8 epochs), social 300")


def test_row_weights_and_token_weights_differ_as_the_lengths_do(make: Make) -> None:
    held, half = {"short": [50] * 1000, "long": [200] * 1000}, {"short": 0.5, "long": 0.5}
    assert [row.share_tokens for row in make(held, half, size=1000).receipt] == pytest.approx([0.2, 0.8])
    by_tokens = make(held, half, size=50_000, unit="tokens")
    assert [(row.rows, row.tokens) for row in by_tokens.receipt] == [(500, 25_000), (125, 25_000)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(
    tokens=st.lists(st.lists(st.integers(1, 40), min_size=5, max_size=30), min_size=1, max_size=3),
    weights=st.lists(st.floats(0.2, 1), min_size=3, max_size=3),
    size=st.integers(300, 3000),
)
def test_a_token_mix_is_exact_to_less_than_one_row_per_source(
    make: Make, tokens: list[list[int]], weights: list[float], size: int
) -> None:
    held = dict(zip("abc", tokens, strict=False))
    total = sum(weights[: len(held)])
    shares = {name: weight / total for name, weight in zip(held, weights, strict=False)}
    made = make(held, shares, size=size, unit="tokens", max_epochs=10_000)
    for row in made.receipt:
        assert abs(row.tokens - size * shares[row.source]) <= max(held[row.source]) / 2
        assert row.share_rows == row.rows / len(made.plan.row)
    assert sum(row.tokens for row in made.receipt) == sum(
        np.array(held[name])[made.plan.row[made.plan.source == number]].sum() for number, name in enumerate(held)
    )


@pytest.mark.parametrize("unit", ["rows", "tokens"])
def test_all_of_it_with_proportional_weights_is_every_row_once(make: Make, unit: str) -> None:
    held = {"a": [1, 2, 3] * 7, "b": [9] * 5}
    sizes = {name: len(rows) if unit == "rows" else sum(rows) for name, rows in held.items()}
    made = make(held, {name: size / sum(sizes.values()) for name, size in sizes.items()}, unit=unit)
    assert [(row.rows, row.epochs) for row in made.receipt] == [(21, 1.0), (5, 1.0)]


def test_unimax_as_published(make: Make) -> None:
    held, even = {"a": 100, "b": 1000, "c": 10_000}, dict.fromkeys("abc", 1 / 3)
    made = make(held, even, method="unimax", size=3000)
    assert [row.rows for row in made.receipt] == [400, 1300, 1300]
    assert [row.weight for row in made.receipt] == pytest.approx([0.13333, 0.43333, 0.43333], abs=5e-6)
    assert [row.reason for row in made.receipt] == [
        "given; a is at its cap, so 0.133",
        "given; other sources are at their cap, so 0.433",
        "given; other sources are at their cap, so 0.433",
    ]
    assert [row.rows for row in make(held, even, method="unimax", size=3000, max_epochs=1).receipt] == [100, 1000, 1900]
    with pytest.raises(NotEnoughData, match=r"4,120 possible.*5,880 would stay unspent"):
        make({"a": 10, "b": 20, "c": 1000}, even, method="unimax", size=10_000)
    with pytest.raises(NotEnoughData, match="Source 'a' holds it back"):
        make(held, even, size=3000)


def test_total_passes_count_the_trainers_epochs(make: Make) -> None:
    made = make({"a": 100, "b": 100}, {"a": 0.6, "b": 0.4}, size=200, epochs=3.0)
    assert [row.epochs for row in with_training(made.receipt, 3.0)] == [3.6, 2.4]
    with pytest.raises(NotEnoughData, match="training alone goes through the mix 5 times"):
        make({"a": 100}, {"a": 1.0}, size=50, epochs=5.0)
    with pytest.raises(NotEnoughData, match="133 possible"):
        make({"a": 100}, {"a": 1.0}, size=200, epochs=3.0)


def test_a_source_left_out_stands_in_the_receipt_with_nothing(make: Make) -> None:
    made = make({"a": 10, "b": 10, "empty": 0}, {"a": 1.0, "b": 0.0, "empty": 0.0}, size=10)
    b, empty = made.receipt[1:]
    assert (b.rows, b.tokens, b.share_rows, b.epochs, b.available, b.dropped) == (
        0,
        0,
        0.0,
        0.0,
        10,
        {"too_short": 1, "quarantined": 2},
    )
    assert (empty.rows, empty.available, empty.epochs) == (0, 0, 0.0)
    assert set(made.plan.source) == {0}


def test_a_token_weight_too_small_for_a_row_is_an_error_whose_remedy_works(make: Make) -> None:
    held, shares = {"a": [10] * 1000, "b": [90, 100] * 5}, {"a": 0.99, "b": 0.01}
    with pytest.raises(
        NotEnoughData,
        match=r"source 'b' gets 10 of 1,000 tokens, less than one of its rows\. Set mix\.size >= 10000, or its weight",
    ):
        make(held, shares, size=1000, unit="tokens")
    assert make(held, shares, size=10_000, unit="tokens").receipt[1].rows == 1


def test_what_one_source_gives_does_not_depend_on_the_others(make: Make) -> None:
    def rows_of_a(held: dict[str, int], shares: dict[str, float], size: int, seed: int = 0) -> list[int]:
        made = make(held, shares, size=size, seed=seed)
        return made.plan.row[made.plan.source == list(held).index("a")].tolist()

    alone = rows_of_a({"a": 50}, {"a": 1.0}, 40)
    assert rows_of_a({"b": 70, "a": 50}, {"b": 0.5, "a": 0.5}, 80) == alone
    assert rows_of_a({"a": 50}, {"a": 1.0}, 40, seed=1) != alone
