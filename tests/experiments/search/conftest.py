"""Published runs as arrays: RegMix's 512 + 256 mixes of 17 sources, and the mixing laws' 26 mixes of 5."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from tasks.experiments.search.surrogate import Matrix, Vector

# Rows of the mixing laws' validation set by domain, of 12,960, in the five groups of their law.
GROUPS = {
    "academic": {
        "ArXiv": 1320,
        "PubMed_Abstracts": 310,
        "PhilPapers": 65,
        "NIH_ExPorter": 25,
        "FreeLaw": 705,
        "USPTO_Backgrounds": 370,
        "PubMed_Central": 1620,
    },
    "prose": {"PG19": 240, "Books3": 1640, "BookCorpus2": 90},
    "dialogue": {
        "Ubuntu_IRC": 105,
        "OpenSubtitles": 205,
        "EuroParl": 105,
        "Enron_Emails": 15,
        "HackerNews": 95,
        "YoutubeSubtitles": 125,
    },
    "symbolic": {"DM_Mathematics": 280, "Github": 1235},
    "internet": {"Pile-CC": 2035, "OpenWebText2": 1175, "StackExchange": 715, "Wikipedia_en": 485},
}


class RegMix(NamedTuple):
    """RegMix's tables; losses have 13 columns."""

    mixes: Matrix
    losses: Matrix
    new_mixes: Matrix
    new_losses: Matrix
    larger_losses: Matrix
    columns: list[str]

    @property
    def pile_cc(self) -> int:
        return next(place for place, name in enumerate(self.columns) if "pile_cc" in name)


def numbers(path: Path) -> Matrix:
    return pl.read_csv(path).drop("index").to_numpy().astype(float)


@pytest.fixture(scope="session")
def regmix(shared_data: Path) -> RegMix:
    folder = shared_data / "tables/regmix"
    names = "train_mixture_1m", "train_pile_loss_1m", "test_mixture_1m", "test_pile_loss_1m", "test_pile_loss_60m"
    columns = pl.read_csv(folder / "train_pile_loss_1m.csv").drop("index").columns
    return RegMix(*(numbers(folder / f"{name}.csv") for name in names), columns)


@pytest.fixture(scope="session")
def five_sources(shared_data: Path) -> tuple[Matrix, dict[str, Vector], Vector]:
    """Mixes, loss of each group, and what each group counts for, at step 30,000 of the 70M models."""
    runs = pl.read_csv(shared_data / "tables/mixinglaws/5Mix_70M.csv.gz").filter(pl.col("step") == 30000)
    wide = runs.pivot(on="valid_domain", index=["run_id", "weights"], values="loss").sort("run_id")
    mixes = np.array([[float(share) for share in text.split()] for text in wide["weights"]])
    sizes = {group: np.array(list(rows.values()), float) for group, rows in GROUPS.items()}
    losses = {
        group: wide.select(list(rows)).to_numpy() @ (sizes[group] / sizes[group].sum())
        for group, rows in GROUPS.items()
    }
    return mixes, losses, np.array([size.sum() for size in sizes.values()]) / 12960


@pytest.fixture
def planted() -> tuple[Matrix, Vector, Vector]:
    """Mixes of four sources, losses that are lowest at a known mix, and that mix."""
    rng = np.random.default_rng(5)
    mixes = rng.dirichlet(np.ones(4), 40)
    best = np.array([0.5, 0.3, 0.2, 0.0])
    return mixes, 2 + 3 * ((np.sqrt(mixes) - np.sqrt(best)) ** 2).sum(1) + rng.normal(0, 0.005, 40), best
