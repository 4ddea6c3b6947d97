"""Every source is compared with its snapshot before; limits on that stop a run like any other check."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from flows.cli.inspect import explain_recipe
from flows.pipeline import pipeline
from tasks.core.errors import QualityGate
from tasks.store.runs import find_run
from tasks.store.storage import Store

WORDS = [f"word{number}" for number in range(300)]


def write_source(folder: Path, name: str, seed: int, words: list[str] = WORDS, rows: int = 120) -> None:
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(words, size=12)) for _ in range(rows)]
    pl.DataFrame({"text": texts, "label": ["yn"[number % 2] for number in range(rows)]}).write_csv(
        folder / f"{name}.csv"
    )


def write_recipe(folder: Path, **checks: Any) -> str:
    sources = {name: {"path": f"{name}.csv"} for name in ("news", "talk")}
    recipe = {
        "name": "moves",
        "labels": ["y", "n"],
        "sources": sources,
        "checks": checks,
        "near_duplicates": None,
        "mix": {"size": 50},
    }
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    return str(folder / "recipe.yaml")


@pytest.mark.slow
def test_a_source_is_compared_with_the_snapshot_of_the_last_run_that_was_content(
    tmp_path: Path, prefect_server: str
) -> None:
    store, limited = str(tmp_path / "store"), {"drift": {"words": 0.5}}
    for number, name in enumerate(("news", "talk")):
        write_source(tmp_path, name, number)
    first = pipeline(recipe=write_recipe(tmp_path, **limited), store=store, until="mix")
    assert first["drift"] == {"news": None, "talk": None}
    assert "No source has an earlier snapshot" in Path(first["report"]).read_text()

    write_source(tmp_path, "talk", 5, rows=150)
    second = pipeline(recipe=write_recipe(tmp_path, **limited), store=store, until="mix")
    assert second["drift"]["news"] is None
    assert (
        second["drift"]["talk"]["rows_before"],
        second["drift"]["talk"]["rows_now"],
        second["drift"]["talk"]["new"],
    ) == (120, 150, 1.0)
    assert second["drift"]["talk"]["words"] < 0.5
    assert "120 → 150" in Path(second["report"]).read_text()

    again = pipeline(recipe=write_recipe(tmp_path, **limited), store=store, until="mix")
    assert again["drift"] == second["drift"]
    states = {note.name: note.state for note in find_run(Store(store), again["run"]).tasks if note.key}
    assert set(states.values()) == {"cached"}

    write_source(tmp_path, "talk", 6, [f"other{number}" for number in range(300)])
    for _ in range(2):  # a run that stopped was not content: the next one is held against the same snapshot
        with pytest.raises(
            QualityGate, match=r"talk: expect_column_max_to_be_between\(max_value=0\.5\) on drift_words: 1\.0"
        ):
            pipeline(recipe=write_recipe(tmp_path, **limited), store=store, until="mix")
    left_out = pipeline(recipe=write_recipe(tmp_path, on_failure="quarantine", **limited), store=store, until="mix")
    assert {row["source"]: row["rows"] for row in left_out["receipt"]} == {"news": 50, "talk": 0}
    assert left_out["drift"]["talk"]["words"] == 1.0
    assert all(
        row.hit
        for row in explain_recipe(write_recipe(tmp_path, on_failure="quarantine", **limited), store, {})["tasks"]
    )

    warned = pipeline(recipe=write_recipe(tmp_path, on_failure="warn", **limited), store=store, until="mix")
    assert warned["drift"]["talk"]["words"] == 1.0
    write_source(tmp_path, "talk", 7, [f"other{number}" for number in range(300)])
    assert pipeline(recipe=write_recipe(tmp_path, **limited), store=store, until="mix")["drift"]["talk"]["words"] < 0.5


def test_an_expectation_about_drift_says_nothing_of_a_first_snapshot(tmp_path: Path, prefect_server: str) -> None:
    for number, name in enumerate(("news", "talk")):
        write_source(tmp_path, name, number)
    strict = {"type": "expect_column_max_to_be_between", "kwargs": {"column": "drift_rows", "max_value": 0.1}}
    recipe, store = write_recipe(tmp_path, expectations=[strict]), str(tmp_path / "store")
    assert all(check["passed"] for check in pipeline(recipe=recipe, store=store, until="mix")["checks"])
    write_source(tmp_path, "news", 0, rows=200)
    with pytest.raises(QualityGate, match="checks failed for news"):
        pipeline(recipe=recipe, store=store, until="mix")
