"""Published runs: what our surrogates make of RegMix's and the mixing laws' tables, against numbers known
beforehand."""

from collections.abc import Callable
from pathlib import Path

import lightgbm
import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from tasks.core import registry
from tasks.experiments.search import surrogates
from tasks.experiments.search.evidence import Evidence
from tasks.experiments.search.nested import nested_guesses
from tasks.experiments.search.surrogate import Matrix, Vector
from tasks.experiments.search.surrogates.exponential_law import fit_law, mean_huber
from tasks.experiments.search.task import Tables, fit_runs

pytestmark = pytest.mark.shared_data


def fitted(kind, mixes, losses, new):
    """Guess by a kind on the losses' own scale, as the published comparisons do."""
    return registry.load(surrogates, kind).fit(mixes, losses).predict(new)


def rho(left, right) -> float:
    return float(spearmanr(left, right).statistic)


def test_least_squares_ranks_as_known(regmix) -> None:
    place = regmix.pile_cc
    guessed = fitted("linear", regmix.mixes, regmix.losses[:, [place]], regmix.new_mixes)[:, 0]
    assert rho(guessed, regmix.new_losses[:, place]) == pytest.approx(0.9021, abs=1e-4)
    assert rho(guessed, regmix.larger_losses[:, place]) == pytest.approx(0.8933, abs=1e-4)
    assert ((guessed - regmix.new_losses[:, place]) ** 2).mean() == pytest.approx(0.0235, abs=1e-4)


@pytest.mark.parametrize(("kind", "small", "large"), [("linear", 0.8311, 0.8297), ("root-ridge", 0.9720, 0.9704)])
def test_thirteen_targets_one_by_one_rank_as_known(regmix, kind: str, small: float, large: float) -> None:
    guessed = fitted(kind, regmix.mixes, regmix.losses, regmix.new_mixes)
    each = [
        [rho(guessed[:, place], truth[:, place]) for place in range(13)]
        for truth in (regmix.new_losses, regmix.larger_losses)
    ]
    assert np.mean(each, axis=1) == pytest.approx([small, large], abs=5e-4)


@pytest.mark.parametrize(
    ("kind", "known"),
    [("root-ridge", 0.987), ("quadratic", 0.986), ("gaussian-process", 0.991), ("exponential-law", 0.957)],
)
def test_512_runs_rank_pile_cc_as_known(regmix, kind: str, known: float) -> None:
    place = regmix.pile_cc
    guessed = fitted(kind, regmix.mixes, regmix.losses[:, [place]], regmix.new_mixes)[:, 0]
    assert rho(guessed, regmix.new_losses[:, place]) == pytest.approx(
        known, abs=0.01 if kind == "exponential-law" else 0.002
    )


def test_root_ridge_on_85_runs_ranks_as_known(regmix) -> None:
    place = regmix.pile_cc
    guessed = fitted("root-ridge", regmix.mixes[:85], regmix.losses[:85, [place]], regmix.new_mixes)[:, 0]
    assert rho(guessed, regmix.new_losses[:, place]) == pytest.approx(0.981, abs=0.001)
    assert rho(guessed, regmix.larger_losses[:, place]) == pytest.approx(0.977, abs=0.001)
    mean = fitted("root-ridge", regmix.mixes[:85], regmix.losses[:85].mean(1)[:, None], regmix.new_mixes)[:, 0]
    assert rho(mean, regmix.new_losses.mean(1)) == pytest.approx(0.913, abs=0.001)
    assert rho(mean, regmix.larger_losses.mean(1)) == pytest.approx(0.911, abs=0.001)


@pytest.fixture(scope="module")
def first_85(shared_data: Path, tmp_path_factory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("regmix")
    for name in ("train_mixture_1m", "train_pile_loss_1m"):
        lines = (shared_data / f"tables/regmix/{name}.csv").read_text().splitlines(keepends=True)
        (folder / f"{name}.csv").write_text("".join(lines[:86]))
    return str(folder / "train_mixture_1m.csv"), str(folder / "train_pile_loss_1m.csv")


@pytest.mark.parametrize(("target", "least"), [("metric/the_pile_pile_cc_val_loss", 0.98), ("mean", 0.94)])
def test_85_runs_rank_unseen_mixes_of_two_model_sizes(
    regmix, first_85, shared_data: Path, target: str, least: float
) -> None:
    found = fit_runs(Tables(*first_85, target, predict=str(shared_data / "tables/regmix/test_mixture_60m.csv")))
    guessed = [row.predicted for row in found.predictions]
    columns = list(range(13)) if target == "mean" else [regmix.pile_cc]
    for truth in (regmix.new_losses, regmix.larger_losses):
        assert rho(guessed, truth[:, columns].mean(1)) >= least
    assert found.outcome == "learned"
    assert found.surrogate.left_out_rank_correlation == pytest.approx(
        rho(guessed, regmix.new_losses[:, columns].mean(1)), abs=0.02
    )
    assert any("0.99" in note and "divided by its sum" in note for note in found.notes)


def test_pile_cc_is_recommended_mostly_pile_cc(first_85) -> None:
    found = fit_runs(Tables(*first_85, "metric/the_pile_pile_cc_val_loss")).recommended
    assert found.weights["train_the_pile_pile_cc"] == pytest.approx(0.89, abs=0.1)
    assert found.predicted_low <= found.predicted <= found.predicted_high


def test_a_published_prior_keeps_the_mix_near_it(first_85, shared_data: Path) -> None:
    prior = str(shared_data / "tables/regmix/config_1b_human.yaml")
    found = fit_runs(Tables(*first_85, "mean", prior=prior))
    assert any("0.7868" in note for note in found.notes)
    assert found.recommended.weights["train_the_pile_pubmed_central"] > 0.02


HUBER = {
    "academic": 5.68288e-4,
    "prose": 1.23343e-4,
    "dialogue": 5.51342e-4,
    "symbolic": 1.42820e-4,
    "internet": 8.16597e-5,
}
FLOORS = {"academic": 2.6513, "prose": 3.5343, "dialogue": 3.1191, "symbolic": 1.6080, "internet": 3.4563}


@pytest.mark.parametrize("group", HUBER)
def test_the_mixing_law_fits_five_sources_as_well_as_thousands_of_random_starts(five_sources, group: str) -> None:
    mixes, losses, _ = five_sources
    law = fit_law(mixes, losses[group])
    assert mean_huber(law[0] + np.exp(mixes @ law[1:]) - losses[group], 0.05) <= 1.001 * HUBER[group]
    assert law[0] == pytest.approx(FLOORS[group], abs=2e-3)


@pytest.mark.parametrize(
    ("losses", "floor", "slope", "level"),
    [((1.44434, 1.38597, 1.32782, 1.29360, 1.25677), 1.1096, -1.6406, -0.6819)],
)
def test_the_mixing_law_of_two_sources_is_the_published_one(
    losses: tuple[float, ...], floor: float, slope: float, level: float
) -> None:
    first = np.array([0.25, 0.375, 0.5, 0.625, 0.75])
    mixes = np.column_stack([first, 1 - first])
    law = fit_law(mixes, np.array(losses), huber=0.02)
    assert [law[0], law[1] - law[2], law[2]] == pytest.approx([floor, slope, level], abs=3e-3)
    theirs = floor + np.exp(slope * first + level)
    assert mean_huber(law[0] + np.exp(mixes @ law[1:]) - losses, 0.02) <= mean_huber(theirs - losses, 0.02)


LEFT_OUT = {
    "linear": (0.0572, 0.51),
    "gaussian-process": (0.0111, 0.973),
    "root-ridge": (0.0111, 0.971),
    "quadratic": (0.0110, 0.979),
    "exponential-law": (0.0235, 0.87),
}


@pytest.mark.parametrize("kind", LEFT_OUT)
def test_runs_left_out_of_26_are_guessed_as_well_as_known(five_sources, kind: str) -> None:
    mixes, losses, parts = five_sources
    known = Evidence(mixes, np.column_stack(list(losses.values())), parts)
    found = nested_guesses(known, kinds=[kind]).surrogate
    error, rank = LEFT_OUT[kind]
    assert found.error <= error * 1.05
    assert found.rank >= rank - 0.01


def test_the_mean_of_kinds_guesses_26_runs_left_out_as_well_as_the_best_of_them(five_sources) -> None:
    mixes, losses, parts = five_sources
    found = nested_guesses(Evidence(mixes, np.column_stack(list(losses.values())), parts))
    assert found.surrogate.error <= min(guesses.error for guesses in found.kinds.values()) * 1.05
    assert found.surrogate.error < 0.3 * found.mean.error


@pytest.mark.parametrize("name", ["2Mix_70M", "2Mix_160M", "3Mix_160M", "5Mix_70M"])
def test_the_mixing_laws_logs_are_read_as_they_are(shared_data: Path, name: str) -> None:
    path = str(shared_data / f"tables/mixinglaws/{name}.csv.gz")
    found = fit_runs(Tables(path, path, "Github"))
    assert found.runs == {"2Mix_70M": 5, "2Mix_160M": 5, "3Mix_160M": 6, "5Mix_70M": 26}[name]
    assert any("the last that every run has reached" in note for note in found.notes)
    assert sum(found.recommended.weights.values()) == pytest.approx(1, abs=1e-4)


@pytest.fixture(scope="module")
def trees(regmix) -> Callable[[Matrix], Vector]:
    """RegMix's own predictor of the loss on Pile-CC, from all 512 runs."""
    settings = {"objective": "regression", "learning_rate": 0.01, "seed": 42, "verbosity": -1, "num_threads": 1}
    data = lightgbm.Dataset(regmix.mixes, regmix.losses[:, regmix.pile_cc])
    return lightgbm.train(settings | {"deterministic": True}, data, 600).predict


def test_regmixs_trees_rank_pile_cc_as_in_its_notebook(regmix, trees: Callable[[Matrix], Vector]) -> None:
    assert rho(trees(regmix.new_mixes), regmix.new_losses[:, regmix.pile_cc]) == pytest.approx(0.9892, abs=0.0015)
    assert rho(trees(regmix.new_mixes), regmix.larger_losses[:, regmix.pile_cc]) == pytest.approx(0.9849, abs=0.0015)


PRIOR = [
    0.11328527,
    0.07960865,
    0.00391349,
    0.1853759,
    0.05108136,
    0.01596293,
    0.10175077,
    0.00370752,
    0.06652935,
    0.00175077,
    0.02708548,
    0.23686921,
    0.01184346,
    0.00792997,
    0.00803296,
    0.03882595,
    0.04644696,
]
"""Token shares of the 17 sources, in the order of RegMix's table of mixes."""


def test_the_mean_of_the_128_best_of_100_000_draws_is_the_published_mix(
    trees: Callable[[Matrix], Vector], shared_data: Path
) -> None:
    columns = pl.read_csv(shared_data / "tables/regmix/train_mixture_1m.csv", n_rows=1).drop("index").columns
    drawn = np.random.RandomState(42).dirichlet(PRIOR, 100_000)
    best = drawn[np.argsort(trees(drawn), kind="stable")[:128]].mean(0)
    shares = dict(zip(columns, best, strict=True))
    told = {
        "pile_cc": 0.8909,
        "ubuntu_irc": 0.0614,
        "pubmed_abstracts": 0.0123,
        "wikipedia_en": 0.0073,
        "arxiv": 0.0047,
    }
    assert {name: shares[f"train_the_pile_{name}"] for name in told} == pytest.approx(told, abs=0.01)
