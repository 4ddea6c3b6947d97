"""Sources whose best mix is known: `left` and `right` teach one half of the words each, `junk` has labels by chance,
and what is to be predicted uses both halves alike. By symmetry the best mix is one half of `left` and one half of
`right`."""

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

ROOT = Path(__file__).parents[2]
LABELS = ["no", "yes"]
WORDS = 150


def texts(rng: np.random.Generator, rows: int, halves: tuple[int, ...], truth: float) -> list[tuple[str, str]]:
    """Texts of five words, each word for yes or for no; the label is what most of them say, with probability `truth`
    (else the other)."""
    numbers = rng.integers(0, WORDS, (rows, 5)) + WORDS * rng.choice(halves, (rows, 1))
    says = (numbers % 2).sum(1) > 2
    label = np.where(rng.random(rows) < truth, says, ~says)
    return [
        (" ".join(f"word{number}" for number in row), LABELS[int(yes)]) for row, yes in zip(numbers, label, strict=True)
    ]


@pytest.fixture
def cuvee(prefect_env: dict[str, str]) -> Callable[..., str]:
    """`cuvee(WORDS)` runs a command in a process of its own, which has to end well; gives what it prints, on a terminal
    that is wide enough for every table."""
    environment = prefect_env | {"COLUMNS": "200"}

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "flows.cli.main", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    return run


@pytest.fixture(scope="session")
def write_planted() -> Callable[..., str]:
    """Write sources whose best mix is known, and a recipe that searches on them; gives its path."""
    return write_recipe


def write_recipe(folder: Path, truths: dict[str, float] | None = None, **more: Any) -> str:
    """Write the sources and a recipe that searches on them; `truths` are how often labels are right, by source."""
    rng, truth = np.random.default_rng(3), {"left": 1.0, "right": 1.0, "junk": 0.5, "asked": 1.0} | (truths or {})
    made = {
        "left": texts(rng, 1500, (0,), truth["left"]),
        "right": texts(rng, 1500, (1,), truth["right"]),
        "junk": texts(rng, 1500, (0, 1), truth["junk"]),
        "asked": texts(rng, 1500, (0, 1), truth["asked"]),
    }
    for name, rows in made.items():
        write_rows(folder / f"{name}.csv", rows)
    recipe: dict[str, Any] = {
        "name": "planted",
        "labels": LABELS,
        "sources": {name: {"path": f"{name}.csv"} for name in made},
        "near_duplicates": None,
        "holdout": {"shares": {"asked": 0.9}},
        "mix": {"size": 1000, "ceilings": {"asked": 0.0}},
        "trials": {"epochs": 5},
        "search": {"target": "asked", "trials": 24},
    }
    file = folder / "recipe.yaml"
    file.write_text(yaml.safe_dump(recipe | more, sort_keys=False))
    return str(file)


def write_rows(path: Path, rows: list[tuple[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows(rows)
