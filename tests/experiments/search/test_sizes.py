"""Runs at several sizes: a planted law is found, guessed beyond its runs, and told where its advantage fades."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from tasks.core.errors import CuveeError, RecipeError
from tasks.experiments.search.propose import Region
from tasks.experiments.search.scale_law import SizedRuns, fit_law
from tasks.experiments.search.simplex import Limits
from tasks.experiments.search.sized_fit import learn_for_size
from tasks.experiments.search.sized_tables import parse_sizes

SIZES = np.array([1e3, 2e3, 4e3, 8e3, 16e3])
BEST = np.array([0.6, 0.3, 0.1])
EVEN = np.full(3, 1 / 3)


def law(mixes: np.ndarray, size: float, lasting: float = 0.0) -> np.ndarray:
    """Give losses whose part above 2 halves with every eightfold budget; a part of the mix's effect may last."""
    apart = ((np.sqrt(mixes) - np.sqrt(BEST)) ** 2).sum(1)
    return 2 + (1 - lasting) * (0.4 + apart) * (size / 1e3) ** (-1 / 3) + lasting * apart


def runs(count: int = 24, noise: float = 0.003, seed: int = 0, lasting: float = 0.0) -> SizedRuns:
    rng = np.random.default_rng(seed)
    mixes = rng.dirichlet(np.ones(3), count)
    costs = np.stack([law(mixes, size, lasting) for size in SIZES], 1) + rng.normal(0, noise, (count, len(SIZES)))
    number = np.repeat(np.arange(count), len(SIZES))
    return SizedRuns(number, mixes[number], np.tile(SIZES, count)[:, None], costs.reshape(-1, 1), np.ones(1))


def test_a_law_is_guessed_at_four_times_the_largest_budget() -> None:
    off, unmoved = list[float](), list[float]()
    new = np.random.default_rng(1).dirichlet(np.ones(3), 50)
    for seed in range(4):
        fitted = fit_law(runs(seed=seed), 0)
        for errors, size in ((off, 64e3), (unmoved, SIZES[-1])):
            errors.append(float(np.abs(fitted.predict(new, np.array([size])) - law(new, 64e3)).mean()))
    assert np.mean(off) < 0.5 * np.mean(unmoved)


def test_the_order_of_rows_does_not_matter() -> None:
    known = runs()
    turned = known.only(np.arange(len(known.runs))[::-1])
    left, right = (fit_law(one, 0).predict(known.mixes, SIZES[-1:]) for one in (known, turned))
    assert left == pytest.approx(right)


def test_a_run_drawn_twice_is_two_runs() -> None:
    again = runs().redrawn(np.random.default_rng(0))
    assert len(np.unique(again.runs)) == 24
    assert (np.bincount(again.runs) == len(SIZES)).all()


def test_the_best_mix_is_found_and_told_to_gain_less_as_budgets_grow() -> None:
    found = learn_for_size(runs(), np.array([64e3]), Region(EVEN, BEST, Limits.none(3)), EVEN, 0)
    assert found.mix == pytest.approx(BEST, abs=0.1)
    assert found.guessed[1] <= law(BEST[None], 64e3)[0] <= found.guessed[2]
    assert found.fades_from == 0
    assert found.stretch == pytest.approx(2)
    assert [test.factor for test in found.beyond] == [pytest.approx(2)]
    assert (np.diff(found.advantage[:, 0]) < 0).all()
    assert found.error < 0.3 * found.error_of_the_mean


def test_an_advantage_that_lasts_is_not_told_to_fade() -> None:
    found = learn_for_size(runs(lasting=1.0), np.array([64e3]), Region(EVEN, BEST, Limits.none(3)), EVEN, 0)
    assert found.fades_from is None


def test_of_two_sizes_it_is_not_said_how_sure_a_third_is() -> None:
    known = runs()
    two = known.only(known.sizes[:, 0] <= 2e3)
    found = learn_for_size(two, np.array([64e3]), Region(EVEN, BEST, Limits.none(3)), EVEN, 0)
    assert found.stretch == np.inf
    assert np.isnan(found.guessed[1:]).all()


def written(folder: Path, sizes: list[str]) -> list[str]:
    known = runs()
    names = [f"run-{number}" for number in known.runs]
    once = pl.DataFrame(known.mixes[:: len(SIZES)], schema=["news", "social", "papers"])
    once.insert_column(0, pl.Series("run", names[:: len(SIZES)])).write_csv(folder / "mixes.csv")
    scores = {"run": names, "tokens": sizes * 24, "loss": known.costs[:, 0]}
    pl.DataFrame(scores).write_csv(folder / "scores.csv")
    return ["fit", "--mixtures", str(folder / "mixes.csv"), "--scores", str(folder / "scores.csv"), "--target", "loss"]


def test_the_command_tells_of_the_size_that_was_asked_for(tmp_path: Path) -> None:
    command = written(tmp_path, ["1K", "2000", "4e3", "8k", "16,000"])
    found = json.loads(CliRunner().invoke(app, [*command, "--at", "tokens=64K", "--json"]).stdout)
    assert found["sizes"]["at"] == {"tokens": 64000}
    assert found["sizes"]["fades_from"]["at"] == {"tokens": 1000}
    assert "shrinks as runs grow" in found["sentence"]
    assert "2 times as far" in found["sentence"]
    told = CliRunner().invoke(app, [*command, "--at", "tokens=8000", "--predict", str(tmp_path / "mixes.csv")]).stdout
    assert "Advantage of the recommended weights" in told
    assert "beyond" not in told


@pytest.mark.parametrize(
    ("sizes", "at", "said"),
    [
        (["1", "2", "3", "4", "5"], "tokns=9", "no column 'tokns'; did you mean 'tokens'"),
        (["1", "2", "3", "4", "many"], "tokens=9", "row 5, 'tokens': many is no size above 0"),
        (["1", "2", "3", "4", "4"], "tokens=9", "run-0 stands there more than once at 4"),
    ],
)
def test_tables_of_sizes_that_cannot_be_used_are_refused(tmp_path: Path, sizes: list[str], at: str, said: str) -> None:
    shown = CliRunner().invoke(app, [*written(tmp_path, sizes), "--at", at])
    assert isinstance(shown.exception, CuveeError)
    assert said in str(shown.exception)


@pytest.mark.parametrize("text", ["step", "step=", "=3", "step=-1", "step=0", "step=many"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match="want a column of the scores and a size above 0"):
        parse_sizes([text])


def test_sizes_are_read_as_people_write_them() -> None:
    assert parse_sizes(["model_size=1.4B", "step=300_000"]) == {"model_size": 1.4e9, "step": 3e5}
