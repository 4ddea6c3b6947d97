"""How often a search claims a gain that is none, and whether a corrupt source goes, in simulated searches.

    python tests/benchmarks/false_gains.py [--draws 2000] [--cells null corrupt]

Five sources. A trial's loss on a row is what its mix truly costs, how the row takes to each source (√share times an
amount of its own, whose mean over all rows is 0: what a few rows happen to like looks like an effect of the mix), the
luck of its seed, and noise. Two rounds of 15 trials, the second around the best mix by all rows kept aside; ridge on
[w, √w] chooses among 400 mixes; 5 seeds confirm. `choose` itself tries every surrogate and takes a second, so that the
choice is made here by the quickest of them; folds, seeds and judging are those of a search.

Cells: `null`, one target, where all mixes cost the same: any gain claimed is false; `corrupt`, all five sources judged,
where each helps its own hold-out, and the fifth, whose share costs all of them, is trained on reversed labels.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy.stats import beta

sys.path.insert(0, str(Path(__file__).parents[2]))
from tasks.experiments.search.choice import Choice
from tasks.experiments.search.confirm import ConfirmingRuns
from tasks.experiments.search.design import first_round, next_round
from tasks.experiments.search.outcome import LEARNED
from tasks.experiments.search.ridge import PENALTIES, fit_ridge
from tasks.experiments.search.row_losses import FOLDS, RowLosses, crossed
from tasks.experiments.search.simplex import Limits
from tasks.experiments.search.space import SearchSpace
from tasks.experiments.search.surrogate import Matrix, Vector, with_roots
from tasks.experiments.search.verdict import Lessons, Verdict, arms_of, judge

NAMES = tuple("abcde")
LIKING, LUCK, NOISE = 0.3, 0.01, 0.1
"""Deviations of how a row takes to a source, of a seed, and of a row's loss besides. A trial's loss on 100 rows then
differs from that on others by .03, as in real trials of a linear classifier."""


class World:
    """Rows kept aside, and what models lose on them.

    Args:
        cost: mix (K,) -> true cost by column (D,).
    """

    def __init__(self, columns: int, rows: int, cost: Callable[[Vector], Vector], rng: np.random.Generator) -> None:
        self.rng, self.cost, self.rows = rng, cost, rows
        self.columns = NAMES[:columns]
        self.liking = rng.normal(0, LIKING, (columns, rows, len(NAMES)))
        self.folds = {name: rng.permutation(rows) % FOLDS for name in self.columns}

    def lost(self, mix: Vector) -> RowLosses:
        """Draw one training's losses."""
        luck, true = self.rng.normal(0, LUCK), self.cost(mix)
        losses = {
            name: 0.5 + true[at] + self.liking[at] @ np.sqrt(mix) + luck + self.rng.normal(0, NOISE, self.rows)
            for at, name in enumerate(self.columns)
        }
        return RowLosses(losses, dict.fromkeys(self.columns, np.ones(self.rows)), {}, self.folds)


def chosen(mixes: Matrix, costs: Matrix, drawn: Matrix) -> Choice:
    """Choose as a search does, by one kind of surrogate."""
    fitted = fit_ridge(with_roots, mixes, costs, PENALTIES)
    totals = costs.mean(1)
    others = (totals.sum() - totals) / (len(totals) - 1)
    left_out = totals if fitted.left_out is None else fitted.left_out.mean(1)
    missed, by_mean = (float(np.mean((guess - totals) ** 2)) for guess in (left_out, others))
    if missed < by_mean:
        best = drawn[int(fitted.predict(drawn).mean(1).argmin())]
        return Choice(best, lambda other: fitted.predict(other).mean(1), missed, by_surrogate=True)
    mean = float(totals.mean())
    return Choice(mixes[totals.argmin()], lambda other: np.full(len(other), mean), by_mean, by_surrogate=False)


def searched(world: World, rng: np.random.Generator, *, crossing: bool = True) -> Verdict:
    """Search in a world; without crossing, what is chosen by all rows is judged by the same ones."""
    sources, prior = len(NAMES), np.array([0.4, 0.25, 0.15, 0.1, 0.1])
    limits, none = Limits.none(sources), np.empty((0, sources))
    drawn = np.vstack([rng.dirichlet(np.ones(sources), 200), rng.dirichlet(np.full(sources, 0.4), 200)])
    mixes = first_round(prior, limits, 15, rng, none, none)
    trials = [world.lost(mix) for mix in mixes]

    def costs(without: int | None) -> Matrix:
        return np.array(
            [[losses[trial.folds[name] != without].mean() for name, losses in trial.losses.items()] for trial in trials]
        )

    mixes = np.vstack([mixes, next_round(chosen(mixes, costs(None), drawn).mix, mixes, limits, 15, rng)])
    trials += [world.lost(mix) for mix in mixes[15:]]
    choice = chosen(mixes, costs(None), drawn)
    folds = [chosen(mixes, costs(fold), drawn) for fold in range(FOLDS)] if crossing else [choice]
    space = SearchSpace(NAMES, limits, prior, world.columns, np.ones(sources), None, ())
    arms = arms_of(space, choice, folds)
    lessons: Any = Lessons(None, SimpleNamespace(outcome=LEARNED, why=""), choice, arms)  # type: ignore[arg-type]
    confirmed = {
        name: ConfirmingRuns(
            name,
            arm.mix,
            [crossed([world.lost(space.vector(mix)) for mix in arm.by_fold]) for _ in range(5)],
            crossed=len(arm.by_fold) > 1,
        )
        for name, arm in arms.items()
    }
    return judge(space, lessons, confirmed)


def rate(count: int, draws: int) -> str:
    """Write a rate with its 95 % interval (Clopper & Pearson 1934)."""
    low = beta.ppf(0.025, count, draws - count + 1) if count else 0.0
    high = beta.ppf(0.975, count + 1, draws - count) if count < draws else 1.0
    return f"{100 * count / draws:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def corrupt(mix: Vector) -> Vector:
    """Each source helps its own hold-out; the last one costs all others, and reversed labels help nobody."""
    helped = -0.06 * np.sqrt(mix)
    helped[-1] = 0.0
    return helped + 0.2 * mix[-1]


def main() -> None:
    """Simulate every cell and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2_000)
    parser.add_argument("--rows", type=int, nargs="+", default=[30, 100, 300])
    parser.add_argument("--cells", nargs="+", choices=["null", "corrupt"], default=["null", "corrupt"])
    parser.add_argument("--ways", nargs="+", choices=["folds", "same rows"], default=["folds"])
    asked = parser.parse_args()
    for rows in asked.rows:
        if "null" in asked.cells:
            for way in asked.ways:
                said = f"null, {rows} rows, {way}: gain claimed in"
                print(said, rate(claimed(rows, asked.draws, crossing=way == "folds"), asked.draws), flush=True)
        if "corrupt" in asked.cells:
            rng = np.random.default_rng([8, rows])
            shares = [searched(World(5, rows, corrupt, rng), rng).mix["e"] for _ in range(asked.draws)]
            little = rate(sum(share <= 0.05 for share in shares), asked.draws)
            median = float(np.median(shares))
            print(f"corrupt, {rows} rows a source: at most .05 in {little}, median {median:.3f}", flush=True)


def claimed(rows: int, draws: int, *, crossing: bool) -> int:
    """Count the gains that are claimed where there is none."""
    rng = np.random.default_rng([7, rows])
    found = (searched(World(1, rows, lambda _: np.zeros(1), rng), rng, crossing=crossing) for _ in range(draws))
    return sum(verdict.outcome == "gain" for verdict in found)


if __name__ == "__main__":
    main()
