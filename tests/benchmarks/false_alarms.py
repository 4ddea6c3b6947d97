"""How often a comparison raises the alarm that a hold-out stands in another source, and how often that is false.

    python tests/benchmarks/false_alarms.py [--draws 2000] [--rows 100] [--cells alike useful leak]

Three sources, 300 training rows each and 900 of the second; texts of twelve words drawn by Zipf's law from 3,000. A row
is easy or hard for all models alike; a seed has luck. Every draw redraws texts, rows, luck and answers.

Cells: `alike`, all models are right on four rows in five; `useful`, the second source's models are right on nine of ten
rows of the first, its own on seven, wherever the rows are: no leak; `leak`, the same on average, but by three in ten of
the first one's rows, which stand in the second with half of their words replaced, and on which its models are right.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import beta, norm

sys.path.insert(0, str(Path(__file__).parents[2]))
from tasks.experiments.compare.contrasts import TrialResults
from tasks.experiments.compare.inputs import ComparisonInputs, MixTrials
from tasks.experiments.compare.predictions import HeldOutRows, Predictions
from tasks.experiments.compare.repeats import leaks
from tasks.experiments.mixes import Mix
from tasks.rows.layout import FIRST, RowFile

NAMES, VOCABULARY, LONG, SEEDS = "abc", 3_000, 12, 5
LEAKED = 0.3
CHANCES = 1 / np.arange(1, VOCABULARY + 1)
CHANCES /= CHANCES.sum()


def texts(rows: int, rng: np.random.Generator) -> list[list[str]]:
    """Draw texts."""
    return [[f"w{word}" for word in row] for row in rng.choice(VOCABULARY, (rows, LONG), p=CHANCES)]


def reworded(text: list[str], rng: np.random.Generator) -> list[str]:
    """Replace half of a text's words."""
    new = texts(1, rng)[0]
    return [
        other if replaced else word for word, other, replaced in zip(text, new, rng.random(LONG) < 0.5, strict=True)
    ]


def written(folder: Path, name: str, rows: list[list[str]]) -> RowFile:
    """Write rows."""
    table = {"row_id": [f"{name}:{at}" for at in range(len(rows))], "text": [" ".join(row) for row in rows]}
    pl.DataFrame(table | {"label": ["no"] * len(rows)}).write_parquet(folder / f"{name}.parquet")
    return RowFile(folder / f"{name}.parquet", FIRST)


def alarmed(cell: str, rows: int, folder: Path, rng: np.random.Generator) -> set[tuple[str, str]]:
    """Simulate one comparison; gives the pairs that the alarm is raised for."""
    aside = {name: texts(rows, rng) for name in NAMES}
    train = {name: texts(900 if name == "b" else 300, rng) for name in NAMES}
    leaked = rng.random(rows) < LEAKED if cell == "leak" else np.zeros(rows, bool)
    train["b"] += [reworded(text, rng) for text, stands in zip(aside["a"], leaked, strict=True) if stands]
    sources = pl.Series([name for name in NAMES for _ in range(rows)])
    truth, easy = rng.integers(2, size=len(sources)), rng.normal(0, 1, len(sources))
    predictions: dict[Mix, Predictions] = {}
    for name in NAMES:
        chance = np.full(len(sources), 0.8)
        chance[:rows] = 0.8 if cell == "alike" else 0.7
        if name == "b" and cell == "useful":
            chance[:rows] = 0.9
        if name == "b" and cell == "leak":
            chance[:rows] = np.where(leaked, 0.99, 0.72)
        luck, noise = rng.normal(0, 0.05, (SEEDS, 1)), rng.normal(0, 0.7, (SEEDS, len(sources)))
        right = easy + noise + luck < norm.ppf(chance) * np.sqrt(1.4925)
        predictions[((name, 1.0),)] = Predictions(right.astype(float), (~right).astype(float), None)
    trials = tuple(MixTrials(mix=((name, 1.0),), seeds=SEEDS, name=f"only-{name}") for name in NAMES)
    inputs = ComparisonInputs(
        trials=trials, recipe=(), target=None, values=(), game=None, confidence=0.95, margin=0.01, resamples=200
    )
    ids = pl.Series([f"{name}-aside:{at}" for name in NAMES for at in range(rows)])
    held_out = HeldOutRows(ids, sources, np.ones(len(sources)), truth, ("no", "yes"))
    results = TrialResults(held_out, predictions, held_out.judged(None), inputs)
    files = {name: written(folder, name, rows_of) for name, rows_of in train.items()}
    holdout = {name: written(folder, f"{name}-aside", rows_of) for name, rows_of in aside.items()}
    return {(leak.source, leak.there) for leak in leaks(results, files, holdout, rng)}


def rate(count: int, draws: int) -> str:
    """Write a rate with its 95 % interval (Clopper & Pearson 1934)."""
    low = beta.ppf(0.025, count, draws - count + 1) if count else 0.0
    high = beta.ppf(0.975, count + 1, draws - count) if count < draws else 1.0
    return f"{100 * count / draws:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def main() -> None:
    """Simulate every cell and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2_000)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--cells", nargs="+", default=["alike", "useful", "leak"])
    asked = parser.parse_args()
    for cell in asked.cells:
        rng = np.random.default_rng(7)
        with tempfile.TemporaryDirectory() as folder:
            said = [alarmed(cell, asked.rows, Path(folder), rng) for _ in range(asked.draws)]
        true = sum(("a", "b") in pairs for pairs in said) if cell == "leak" else 0
        false = sum(bool(pairs - {("a", "b")} if cell == "leak" else pairs) for pairs in said)
        print(f"{cell:7} seen {rate(true, asked.draws)}, false {rate(false, asked.draws)}", flush=True)


if __name__ == "__main__":
    main()
