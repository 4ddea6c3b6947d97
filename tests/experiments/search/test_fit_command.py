"""`cuvee fit` as a user calls it: what it learns, when it will not say, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from tasks.core.errors import CuveeError


def tables(folder: Path, mixes: np.ndarray, scores: np.ndarray) -> list[str]:
    runs = pl.Series("index", [f"run-{number}" for number in range(len(mixes))])
    pl.DataFrame(mixes, schema=["news", "social", "papers"]).insert_column(0, runs).write_csv(folder / "mixes.csv")
    pl.DataFrame({"index": runs, "loss": scores}).write_csv(folder / "scores.csv")
    return ["fit", "--mixtures", str(folder / "mixes.csv"), "--scores", str(folder / "scores.csv"), "--target", "loss"]


def drawn(count: int) -> np.ndarray:
    return np.random.default_rng(7).dirichlet(np.ones(3), count)


def test_a_planted_best_mix_is_found_and_its_score_guessed(tmp_path: Path) -> None:
    mixes, best = drawn(30), np.array([0.6, 0.3, 0.1])
    command = tables(tmp_path, mixes, 1 + ((np.sqrt(mixes) - np.sqrt(best)) ** 2).sum(1))
    shown = CliRunner().invoke(app, [*command, "--predict", str(tmp_path / "mixes.csv"), "--json"])
    found = json.loads(shown.stdout)
    assert found["outcome"] == "learned"
    assert [found["recommended"]["weights"][name] for name in ("news", "social", "papers")] == pytest.approx(
        best, abs=0.05
    )
    assert found["recommended"]["predicted"] == pytest.approx(1, abs=0.02)
    assert [row["run"] for row in found["predictions"]][:2] == ["run-0", "run-1"]
    told = CliRunner().invoke(app, [*command]).stdout
    assert "Recommended weights" in told
    assert "Confirm it with runs of its own" in told


def test_accuracies_are_raised_not_lowered(tmp_path: Path) -> None:
    mixes = drawn(30)
    command = tables(tmp_path, mixes, 0.9 - ((np.sqrt(mixes) - np.sqrt([0.1, 0.1, 0.8])) ** 2).sum(1))
    found = json.loads(CliRunner().invoke(app, [*command, "--higher-is-better", "--json"]).stdout)
    assert max(found["recommended"]["weights"], key=found["recommended"]["weights"].get) == "papers"


def test_scores_of_pure_noise_recommend_nothing_new(tmp_path: Path) -> None:
    found = json.loads(
        CliRunner()
        .invoke(app, [*tables(tmp_path, drawn(20), np.random.default_rng(1).normal(0.8, 0.01, 20)), "--json"])
        .stdout
    )
    assert found["outcome"] == "too few runs"
    assert found["recommended"]["weights"] == found["best_run"]["weights"]
    assert "do not suffice" in found["sentence"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda mixes, scores: (mixes * 2, scores), "sum to 2"),
        (lambda mixes, scores: (mixes, np.where(np.arange(len(scores)) == 3, np.nan, scores)), "run-3"),
        (lambda mixes, scores: (mixes[:4], scores[:4]), "4 runs are too few"),
        (lambda mixes, scores: (np.where(mixes == mixes.min(), -0.1, mixes), scores), "-0.1"),
    ],
    ids=["not shares", "no number", "too few", "negative"],
)
def test_tables_that_cannot_be_used_are_refused_with_the_row(tmp_path: Path, spoil, said: str) -> None:
    mixes = drawn(12)
    shown = CliRunner().invoke(app, tables(tmp_path, *spoil(mixes, mixes[:, 0])))
    assert isinstance(shown.exception, CuveeError)
    assert shown.exception.exit_code == 2
    assert said in str(shown.exception)
