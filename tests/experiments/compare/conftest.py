"""Small sources for comparisons: two that help each other, one of noise; every trial takes a few hundredths of a
second."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

WORDS = {"food": ("tasty", "stale"), "film": ("gripping", "dull"), "noise": ("blue", "green")}


def lines(source: str, rows: int, rng: np.random.Generator, labels: tuple[str, ...] = ("good", "bad")) -> list[str]:
    """Write rows `text,label`: the last word tells the label in nine of ten rows; in `noise` it tells nothing."""
    found = ["text,label"]
    wrong = 1.0 if source == "noise" else 0.1
    for number in range(rows):
        label = labels[number % len(labels)]
        word = WORDS[source][("good", "bad").index(label) if rng.random() >= wrong else rng.integers(2)]
        filler = " ".join(f"w{one}" for one in rng.integers(0, 400, 9))
        found.append(f"{source} {number} {filler} {word},{label}")
    return found


@pytest.fixture(scope="session")
def write_recipe() -> Callable[..., Path]:
    """Write a recipe and its sources into a folder: `write_recipe(folder, rows={source: rows}, **sections)`; gives its
    path."""

    def write(folder: Path, rows: dict[str, int] | None = None, one_class: str = "", **sections: Any) -> Path:
        rng, sizes = np.random.default_rng(0), rows or {"food": 400, "film": 400, "noise": 400}
        for source, count in sizes.items():
            labels = ("good",) if source == one_class else ("good", "bad")
            (folder / f"{source}.csv").write_text("\n".join(lines(source, count, rng, labels)) + "\n")
        recipe = {
            "name": "small",
            "labels": ["good", "bad"],
            "sources": {source: {"path": f"{source}.csv"} for source in sizes},
            "holdout": {"share": 0.3},
            "near_duplicates": None,
            "trials": {"size": 200, "epochs": 5},
            "compare": {"seeds": 3, "resamples": 300},
        }
        for name, section in sections.items():
            recipe[name] = recipe[name] | section if isinstance(recipe.get(name), dict) else section
        file = folder / "small.yaml"
        file.write_text(yaml.safe_dump(recipe, sort_keys=False))
        return file

    return write
