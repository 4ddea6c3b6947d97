"""Programs that a model writes are run where a recipe says so, and all that tells of the model tells of them."""

import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.programs.sandbox import why_not

pytestmark = [
    pytest.mark.slow,
    pytest.mark.sandbox,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]
RECIPE = """\
name: programs
task: instruction-tuning
sources:
  numbers: {path: data/numbers.jsonl, columns: {prompt: task, response: program, tests: tests}}
  words: {path: data/words.jsonl, columns: {prompt: task, response: program}}
near_duplicates: null
checks: {on_failure: warn}
mix: {weights: {numbers: 0.5, words: 0.5}, size: 60}
train:
  model: {architecture: gpt2, vocabulary: 400, config: {n_embd: 16, n_layer: 1, n_head: 2, n_positions: 48}}
  epochs: 1
  max_tokens: 48
evaluate: {run_code: {samples: 2, k: [1, 2]}}
"""


def test_programs_are_run_and_told_of(
    tmp_path: Path, make_programs: Callable[..., Any], cuvee: Callable[..., str]
) -> None:
    make_programs(tmp_path / "data")
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    store = ("--store", str(tmp_path / "store"))
    summary = json.loads(cuvee("run", str(tmp_path / "recipe.yaml"), *store, "--json"))
    programs = summary["metrics"]["programs"]
    mix, model = Path(summary["mix"]["uri"]), Path(summary["model"]["uri"])
    train, aside = (pl.read_parquet(sorted(mix.glob(f"data/{side}-*.parquet"))) for side in ("train", "holdout"))
    assert train.columns == ["row_id", "source", "messages", "tests", "tokens"]
    assert dict(train.group_by("source").agg(pl.col("tests").list.len().max()).iter_rows()) == {
        "numbers": 3,
        "words": 2,
    }
    asked = aside.height
    assert {name: one["rows"] for name, one in programs["by_source"].items()} == dict(
        aside.group_by("source").len().iter_rows()
    )
    assert (programs["rows"], programs["right"], programs["samples"]) == (asked, asked, 2)
    assert sum(programs["outcomes"].values()) == 2 * asked
    assert list(programs["pass_at"]) == ["1", "2"]
    told = f"{2 * asked:,} programs were drawn, 2 for each of {asked:,} rows with tests (temperature 0.8)"
    card, report = (model / "README.md").read_text(), html.unescape(Path(summary["report"]).read_text())
    shown = " ".join(cuvee("show", "latest", *store).split())
    for text in (card, report, shown):
        assert told in text
        assert "Each ran in a sandbox: without network" in text
    assert "| numbers |" in card.split(told)[1]
    assert all(example["why"][:20] in report for example in programs["examples"])
    features = (mix / "README.md").read_text()
    assert "- list: string\n      name: tests" in features or "name: tests\n" in features
    assert json.loads((mix / "croissant.json").read_text())["recordSet"][0]["field"][3]["name"] == "tests"
