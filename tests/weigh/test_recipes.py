"""Whole recipes, planned without Prefect: phases, bounds, groups, and what earlier runs have spent."""

from pathlib import Path
from typing import Any

import pytest

from flows.cli.inspect import plan_recipe
from tasks.core.errors import NotEnoughData, RecipeError
from tasks.history.ledger import spent
from tasks.manifests.manifest import Account, Manifest
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.pool import PoolFacts
from tasks.store.runs import RunRecord, TaskNote


def planned(recipe: Path, **mix: Any) -> dict[str, ReceiptRow]:
    store = str(recipe.parent / "store")
    plan = plan_recipe(str(recipe), store, {"mix": {"size": 200, "max_epochs": 4} | mix})
    return {row.source: row for row in plan["receipt"]}


def test_phases_floors_and_ceilings_of_a_recipe_reach_the_receipt(tiny_recipe: Path) -> None:
    phases = [
        {"share": 0.75, "weights": {"news": 0.6, "social": 0.4, "papers": 0}},
        {"share": 0.25, "weights": {"news": 0, "social": 0, "papers": 1}},
    ]
    found = planned(tiny_recipe, phases=phases)
    assert {name: row.rows for name, row in found.items()} == {"news": 90, "social": 60, "papers": 50}
    assert found["papers"].reason == "phase 1 (75%): given: 0.00 asked; phase 2 (25%): given: 1.00 asked"
    found = planned(
        tiny_recipe,
        weights={"news": 0.8, "social": 0.15, "papers": 0.05},
        floors={"papers": 0.1},
        ceilings={"news": 0.6},
    )
    assert {name: row.rows for name, row in found.items()} == {"news": 120, "social": 60, "papers": 20}
    assert found["papers"].reason == "given: 0.05 asked; raised to its floor of 0.10"
    with pytest.raises(RecipeError, match=r"ceilings of the sources that have a weight sum to 0\.6"):
        planned(tiny_recipe, ceilings={"news": 0.2, "social": 0.2, "papers": 0.2})


def test_groups_of_a_recipe(tiny_recipe: Path) -> None:
    two = {"press": {"sources": ["news", "papers"], "weights": "uniform"}, "people": {"sources": ["social"]}}
    found = planned(tiny_recipe, weights={"kind": "groups", "groups": two, "weights": {"press": 0.6, "people": 0.4}})
    assert {name: row.rows for name, row in found.items()} == {"news": 60, "social": 80, "papers": 60}


# --- earlier runs


def record(recipe: dict[str, Any], pool: Manifest, epochs: float, state: str = "run") -> RunRecord:
    row = ReceiptRow(
        source="a",
        requested=1,
        weight=1,
        available=100,
        rows=50,
        share_rows=1,
        tokens=250,
        share_tokens=1,
        epochs=epochs,
    )
    notes = (
        TaskNote(name="plan-mix", subject="mix", state="run", parents=(pool.fingerprint, "w")),
        TaskNote(name="train-model", subject="model", state=state),
    )
    told = {
        "run": "r",
        "name": "n",
        "started": "2026-01-01T00:00:00+00:00",
        "finished": "2026-01-01T00:00:00+00:00",
        "seconds": 1.0,
    }
    return RunRecord(**told, recipe=recipe, status="completed", receipt=(row,), tasks=notes)


def pool_of(rows: int) -> Manifest:
    return Manifest[PoolFacts](
        stage="s",
        subject="pool",
        key="k",
        path="p",
        files=(),
        accounts=(Account(source="a", read=rows, rows=rows),),
        facts=PoolFacts(),
    )


def test_passes_of_earlier_runs_are_counted_over_the_rows_of_now() -> None:
    before, now, recipe = pool_of(100), pool_of(200), {"name": "n", "mix": {"size": 50}}
    runs = [record(recipe, before, 1.5), record(recipe, before, 3.0), record(recipe, before, 9.0, state="cached")]
    assert spent(runs, recipe, now) == {"a": 450 / 200}
    assert spent(runs, recipe, before) == {}, "the same recipe on the same rows finds its model again"
    assert spent(runs, recipe | {"seed": 1}, before) == {"a": 4.5}


def test_the_cap_over_all_runs_is_asked_of_the_store(tiny_recipe: Path) -> None:
    assert planned(tiny_recipe, max_total_epochs=4)["news"].rows > 0
    with pytest.raises(NotEnoughData, match=r"what max_total_epochs 0\.1 leaves after 0 in earlier runs"):
        planned(tiny_recipe, max_total_epochs=0.1)
