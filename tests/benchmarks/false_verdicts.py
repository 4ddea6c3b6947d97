"""How often a comparison says something false of mixes, and how often it sees what is there, in simulated trials.

    python tests/benchmarks/false_verdicts.py [--draws 2000] [--rows 300] [--seeds 5] [--arms 1 4]

Four sources, each tried alone, beside the recipe's mix (one arm), or it and three more mixes (four arms), under the
same seeds. A row is easy or hard for all models alike; a seed has luck on all rows, and answers vary besides. What a
mix is better or worse by is put in as a shift, in points. Every draw redraws rows, luck and answers.

Cells: `alike`, where all models are as good as each other; `noise`, where all answer by chance; `as good as the best`,
where the mixes are as good as one source alone and the others are ten points behind, so that luck has to beat but this
one; `better`, where the mixes beat every source by three points; `worse`, where one source alone beats them by three.
The two last stand for planted truths by their size alone.

`helps`, `harms`: of the recipe's mix over the best source alone. `another helps`: any other mix is said to beat every
source alone. `any harms`: any mix is said to be beaten by a source alone. `weights`: the recipe's mix is said to be
better or worse than another mix. `at home`: it is said to gain or to lose for any source.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))
from false_words import LUCK, NAMES, NOISE, POINT, rate

from tasks.experiments.compare import contrasts
from tasks.experiments.compare.at_home import at_home
from tasks.experiments.compare.contrasts import TrialResults
from tasks.experiments.compare.inputs import ComparisonInputs, MixTrials
from tasks.experiments.compare.predictions import HeldOutRows, Predictions
from tasks.experiments.mixes import Mix, as_mix

MIXES = ("recipe", "uniform", "proportional", "mine")
SINGLES: dict[str, dict[str, float]] = {
    "alike": {},
    "noise": {},
    "as good as the best": {"b": -10, "c": -10, "d": -10},
    "better": dict.fromkeys(NAMES, -3.0),
    "worse": {"a": 3, "b": -10, "c": -10, "d": -10},
}
"""Cell -> source -> by how many points its models are better than those of the mixes."""
TRUE = {"better": {"helps", "another helps", "at home"}, "worse": {"harms", "any harms", "at home"}}
TRUE |= {"as good as the best": {"at home"}}


def draw(cell: str, arms: int, rows: int, seeds: int, rng: np.random.Generator) -> TrialResults:
    """Simulate the trials of one comparison."""
    sources = pl.Series([name for name in NAMES for _ in range(rows)])
    easy = rng.normal(1, 1, len(sources))
    mixes: dict[str, Mix] = {
        name: as_mix({source: 1 + number * at for at, source in enumerate(NAMES)})
        for number, name in enumerate(MIXES[:arms])
    }
    mixes |= {f"only-{name}": ((name, 1.0),) for name in NAMES}
    predictions: dict[Mix, Predictions] = {}
    for name, mix in mixes.items():
        worth = POINT * SINGLES[cell].get(name.removeprefix("only-"), 0.0)
        answers = easy + worth + rng.normal(0, LUCK, (seeds, 1)) + rng.normal(0, NOISE, (seeds, len(sources)))
        right = answers > 0 if cell != "noise" else rng.random((seeds, len(sources))) < 0.5
        predictions[mix] = Predictions(right.astype(float), (~right).astype(float), None)
    inputs = ComparisonInputs(
        trials=tuple(MixTrials(mix=mix, seeds=seeds, name=name) for name, mix in mixes.items()),
        recipe=mixes["recipe"],
        target=None,
        values=(),
        game=None,
        confidence=0.95,
        margin=0.01,
        resamples=200,
    )
    held_out = HeldOutRows(pl.Series(range(len(sources))), sources, np.ones(len(sources)), None, ())
    return TrialResults(held_out, predictions, held_out.judged(None), inputs)


def said(results: TrialResults, rng: np.random.Generator) -> set[str]:
    """Give what a comparison says of these trials."""
    found: set[str] = set()
    for one in contrasts.contrasts(results, rng):
        ours, over_single = one.first == "recipe", one.second.startswith("only-")
        if over_single and one.outcome == "gain":
            found.add("helps" if ours else "another helps")
        if over_single and one.outcome == "loss":
            found |= {"any harms", "harms"} if ours else {"any harms"}
        if not over_single and one.outcome != "none":
            found.add("weights")
    homes, _ = at_home(results, rng)
    return found | ({"at home"} if any(home.word != "cannot tell" for home in homes) else set())


def main() -> None:
    """Simulate every cell and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2_000)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--arms", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--cells", nargs="+", choices=list(SINGLES), default=list(SINGLES))
    asked = parser.parse_args()
    # The interval over rows alone decides nothing, and takes the most time.
    contrasts.bca_interval = lambda *_: (0.0, 0.0)
    print(f"{asked.draws:,} draws, {asked.rows} hold-out rows a source, {asked.seeds} seeds", flush=True)
    for cell in asked.cells:
        for arms in asked.arms:
            rng, counts = np.random.default_rng(7), Counter[str]()
            for _ in range(asked.draws):
                counts.update(said(draw(cell, arms, asked.rows, asked.seeds, rng), rng))
            for word in ("helps", "another helps", "harms", "any harms", "weights", "at home"):
                if arms > 1 or word in ("helps", "harms", "at home"):
                    mark = "" if word in TRUE.get(cell, set()) else "false"
                    told = rate(counts[word], asked.draws)
                    print(f"{cell:20} {arms} arms  {word:14} {told:28} {mark}", flush=True)


if __name__ == "__main__":
    main()
