"""Programs that a model writes are drawn, run and counted, per source and in all; what cannot be run is told before."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from transformers import set_seed

from tasks.core.errors import RecipeError
from tasks.core.records import Objective
from tasks.evaluate.programs import run_programs
from tasks.evaluate.settings import EvaluateSettings, RunCodeSettings
from tasks.objectives.parts import Trained, columns_of
from tasks.programs.sandbox import why_not
from tasks.recipe.model import Recipe, load_recipe
from tasks.rows.layout import cleaned_schema
from tasks.train.model import load
from tasks.train.settings import BuiltModel, TrainSettings

SANDBOX = [pytest.mark.sandbox, pytest.mark.skipif(bool(why_not()), reason=why_not())]
BUILT: dict[str, Any] = {
    "instruction-tuning": {
        "architecture": "gpt2",
        "config": {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 24},
    },
    "sequence-to-sequence": {
        "architecture": "t5",
        "config": {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2},
    },
}
ROWS = [("a", "f = 1", ["assert f == 1"]), ("a", "f = 2", ["assert f == 3"]), ("b", "f = 3", ["f"]), ("b", "f = 4", [])]


@pytest.fixture(params=BUILT)
def model(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Trained, Path]:
    """A small model whose weights are from chance, and rows with programs and tests."""
    task: str = request.param
    set_seed(0)
    built = TrainSettings(model=BuiltModel(vocabulary=300, **BUILT[task]), max_tokens=24)
    made, tokenizer = load(built, ".", Objective(task=task), ["f = 1"])
    made.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    layout, rows = columns_of(task).layout(()).with_tests, list[dict[str, Any]]()
    for number, (source, program, tests) in enumerate(ROWS):
        asked = f"write {number // 2}"
        chat = [{"role": "user", "content": asked}, {"role": "assistant", "content": program}]
        row = {"row_id": f"{source}:{number}", "source": source, "tests": tests, "tokens": 2}
        rows.append(row | ({"messages": chat} if task == "instruction-tuning" else {"text": asked, "target": program}))
    pl.DataFrame(rows, schema=cleaned_schema(layout)).write_parquet(tmp_path / "rows.parquet")
    return task, Trained(tmp_path / "model", 24, ()), tmp_path / "rows.parquet"


class TestRun:
    pytestmark = SANDBOX

    def test_rows_with_tests_are_counted_and_their_own_answers_too(self, model: tuple[str, Trained, Path]) -> None:
        task, trained, file = model
        layout = columns_of(task).layout(()).with_tests
        asked = EvaluateSettings(run_code=RunCodeSettings(samples=3, k=(1, 3), temperature=1.5))
        table, found = run_programs(trained, [file], layout, task, asked, 0)
        assert table["row_id"].to_list() == ["a:0", "a:1", "b:2"]
        assert (found.rows, found.right, found.samples) == (3, 2, 3)
        assert sum(found.outcomes.values()) == 9
        assert {name: (one.rows, one.right) for name, one in found.by_source.items()} == {"a": (2, 1), "b": (1, 1)}
        for number, (k, measured) in enumerate(found.pass_at.items()):
            assert k == ("1", "3")[number]
            passed = [sum(one["outcome"] == "passed" for one in row) for row in table["programs"].to_list()]
            chance = [count / 3 for count in passed] if k == "1" else [float(count > 0) for count in passed]
            assert measured.value == pytest.approx(sum(chance) / 3)
            assert measured.interval
        again, _ = run_programs(trained, [file], layout, task, asked, 0)
        other, _ = run_programs(trained, [file], layout, task, asked, 1)
        assert again.equals(table), "the same seed draws the same"
        assert not other.equals(table)
        written = [one["written"] for row in table["programs"].to_list() for one in row]
        assert len({*written}) > 1

    def test_where_no_row_has_tests_nothing_is_run(self, model: tuple[str, Trained, Path]) -> None:
        task, trained, file = model
        rows = pl.read_parquet(file).filter(pl.col("tests").list.len() == 0)
        rows.write_parquet(file)
        layout = columns_of(task).layout(()).with_tests
        table, found = run_programs(trained, [file], layout, task, EvaluateSettings(run_code=RunCodeSettings()), 0)
        assert (table.height, found.rows, found.outcomes, found.pass_at) == (0, 0, {}, {})


RECIPE: dict[str, Any] = {
    "name": "programs",
    "task": "instruction-tuning",
    "sources": {"s": {"path": "s.jsonl", "columns": {"prompt": "task", "response": "program", "tests": "tests"}}},
    "mix": {"weights": {"s": 1}, "size": 10},
    "evaluate": {"run_code": {}},
}


def mistakes(folder: Path, **changed: Any) -> str:
    (folder / "recipe.yaml").write_text(yaml.safe_dump(RECIPE | changed))
    with pytest.raises(RecipeError) as error:
        load_recipe(str(folder / "recipe.yaml"))
    return str(error.value)


def test_no_program_runs_unless_the_recipe_says_so() -> None:
    off = Recipe.model_validate(RECIPE | {"evaluate": {}})
    assert off.evaluate.scoring.run_code is None
    assert "tests" not in off.layout.names
    assert off.evaluate.scoring.model_dump() == {"resamples": 1_000, "confidence": 0.95}, "keys are what they were"
    on = Recipe.model_validate(RECIPE)
    assert on.layout.names == ("messages", "tests")
    assert on.evaluate.intervals.run_code is None, "trials run none"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"task": "text-classification", "labels": ["a", "b"]},
            "evaluate.run_code: models of task: text-classification write no programs",
        ),
        (
            {"sources": {"s": {"path": "s.jsonl", "columns": {"prompt": "task", "response": "program"}}}},
            "evaluate.run_code: no source and no evaluation set has tests; say in which column they are",
        ),
        (
            {
                "task": "sequence-to-sequence",
                "sources": {"s": {"path": "s.jsonl", "columns": {"target": "program", "tests": "tests"}}},
            },
            "evaluate.run_code: the programs of s would lose their lines; say clean.keep_lines: true",
        ),
        ({"personal": {}}, "personal.action: redact changes programs that tests are held against; say drop or keep"),
        (
            {"evaluate": {"run_code": {"samples": 5, "k": [1, 10, 5]}}},
            "pass@10 needs at least 10 samples of each row, and there are 5; say samples: 10, or k: [1, 5]",
        ),
        ({"evaluate": {"run_code": {"temperature": 0}}}, "temperature 0 draws the likeliest program 10 times"),
        ({"evaluate": {"run_code": {"memory_mb": 1}}}, "evaluate.run_code.memory_mb"),
    ],
)
def test_what_does_not_go_with_programs_is_told_with_its_place(
    changed: dict[str, Any], told: str, tmp_path: Path
) -> None:
    assert told in mistakes(tmp_path, **changed)


def test_where_programs_cannot_be_contained_the_recipe_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    why_not.cache_clear()
    told = mistakes(tmp_path)
    why_not.cache_clear()
    assert "evaluate.run_code: generated programs cannot be contained on this machine, and are then not run" in told
    assert "apt-get install bubblewrap" in told
