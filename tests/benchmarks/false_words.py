"""How often a comparison says something false of a source's worth, and how often it sees what is there, in simulated
trials.

    python tests/benchmarks/false_words.py [--draws 2000] [--rows 300] [--seeds 5]

Four sources, every set of them tried with each seed. A row is easy or hard for all models alike; a seed has luck on all
rows, and answers vary besides. A model that learned of any sources is right on about four rows in five; what a source
brings or costs is put in as a shift of that. Every draw redraws rows, luck and answers.

Cells: `alike`, four random parts of one pool, where nothing pays and nothing harms; `at the margin`, where leaving the
first source out costs the others exactly one point, so that it is not redundant; `harmful`, where the others gain three
points without it; `contradicted`, the same with eight of ten of its own labels reversed, which only models that learned
of it know; `needed at home`, where its own hold-out loses 15 points without it and the others nothing; `copies`, where
each of the first two is worth nothing beside the other, and both together ten points.
"""

import argparse
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import beta

sys.path.insert(0, str(Path(__file__).parents[2]))
from tasks.experiments.compare.contrasts import TrialResults
from tasks.experiments.compare.inputs import NOTHING, CoalitionGame, ComparisonInputs
from tasks.experiments.compare.predictions import HeldOutRows, Predictions
from tasks.experiments.compare.valuations import source_values
from tasks.experiments.mixes import Mix, restricted

NAMES = "abcd"
POINT = 0.0431
"""Shift that is worth one point of accuracy here."""
LUCK, NOISE = 0.05, 0.7


def shift(cell: str, learned: frozenset[str], home: str) -> float:
    """Give by how much models of some sources are better on a source's rows than those of all, in points."""
    if cell == "copies":
        return 0.0 if learned & {"a", "b"} else -10.0
    if "a" in learned:
        return 0.0
    if cell == "at the margin":
        return -1.0 if home != "a" else 0.0
    if cell in ("harmful", "contradicted"):
        return 3.0 if home != "a" else 0.0
    return -15.0 if cell == "needed at home" and home == "a" else 0.0


def draw(cell: str, rows: int, seeds: int, rng: np.random.Generator) -> TrialResults:
    """Simulate all trials of one comparison."""
    mix: Mix = tuple((name, 1 / len(NAMES)) for name in NAMES)
    sources = pl.Series([name for name in NAMES for _ in range(rows)])
    truth, easy = rng.integers(2, size=len(sources)), rng.normal(1, 1, len(sources))
    reversed_labels = np.zeros(len(sources), bool)
    if cell == "contradicted":
        reversed_labels[:rows] = rng.random(rows) < 0.8
    predictions: dict[Mix, Predictions] = {}
    for size in range(1, len(NAMES) + 1):
        for some in combinations(NAMES, size):
            worth = np.repeat([POINT * shift(cell, frozenset(some), home) for home in NAMES], rows)
            luck = rng.normal(0, LUCK, (seeds, 1))
            right = easy + worth + luck + rng.normal(0, NOISE, (seeds, len(sources))) > 0
            if "a" not in some:
                right ^= reversed_labels  # its labels are not what the others teach
            where = mix if size == len(NAMES) else restricted(mix, some)
            given = np.where(right, truth, 1 - truth)
            predictions[where] = Predictions(right.astype(float), (~right).astype(float), given)
    guess = (truth == 0).astype(float)[None]
    predictions[NOTHING] = Predictions(guess, 1 - guess, np.zeros((1, len(sources)), int))
    inputs = ComparisonInputs(
        trials=(),
        recipe=mix,
        target=None,
        values=("leave-one-out", "shapley"),
        game=CoalitionGame(on="trials"),
        confidence=0.95,
        margin=0.01,
        resamples=200,
    )
    held_out = HeldOutRows(pl.Series(range(len(sources))), sources, np.ones(len(sources)), truth, ("no", "yes"))
    return TrialResults(held_out, predictions, held_out.judged(None), inputs)


def rate(count: int, draws: int) -> str:
    """Write a rate with its 95 % interval (Clopper & Pearson 1934)."""
    low = beta.ppf(0.025, count, draws - count + 1) if count else 0.0
    high = beta.ppf(0.975, count + 1, draws - count) if count < draws else 1.0
    return f"{100 * count / draws:5.1f} % ({100 * low:.1f} to {100 * high:.1f})"


FALSE = {
    "alike": {("any", "pays"), ("any", "pays at home"), ("any", "drop")},
    "at the margin": {("a", "redundant"), ("a", "drop")},
    "harmful": {("a", "pays"), ("a", "redundant")},
    "contradicted": {("a", "pays"), ("a", "pays at home")},
    "needed at home": {("a", "redundant"), ("a", "drop")},
    "copies": {("a and b", "may go together")},
}


def main() -> None:
    """Simulate every cell and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2_000)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--cells", nargs="+", choices=list(FALSE), default=list(FALSE))
    asked = parser.parse_args()
    print(f"{asked.draws:,} draws, {asked.rows} hold-out rows a source, {asked.seeds} seeds")
    for cell in asked.cells:
        rng, said = np.random.default_rng(7), Counter[tuple[str, str]]()
        for _ in range(asked.draws):
            values, _, spare = source_values(draw(cell, asked.rows, asked.seeds, rng), rng)
            said.update((value.source, value.word) for value in values)
            said.update({("any", value.word) for value in values})
            said[("a and b", "may go together")] += bool(spare and {"a", "b"} <= {*spare.sources})
        for (source, word), count in sorted(said.items()):
            if (source in ("a", "any") or "and" in source) and (count or (source, word) in FALSE[cell]):
                mark = "false" if (source, word) in FALSE[cell] else ""
                print(f"{cell:15} {source:8} {word:16} {rate(count, asked.draws):28} {mark}")


if __name__ == "__main__":
    main()
