"""A surrogate that knows how large a run was: L(w, n) = E + exp(φ(w) b - α log n + log n · c w), φ(w) = [w, √w].

With c = 0 the excess over E falls as n^-α at the same rate for every mix (Hashimoto 2021, "Model performance scaling
with multiple data sources"); c lets sources fade or gain as runs grow, where the runs ask for it. n may be a budget,
the size of a model, or both, each with an α of its own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.rng import generator
from tasks.experiments.search.ridge import fit_ridge
from tasks.experiments.search.surrogate import Matrix, Vector, with_roots

DEPTHS = np.array([0.03, 0.1, 0.2, 0.35, 0.6, 1.0, 1.7, 3.0])
"""How far below the lowest cost E may lie, in ranges of the costs."""
PENALTIES = np.logspace(-4, 1, 6)
FREE = 30.0
"""What log n is multiplied by, so that its coefficient costs next to nothing."""
FADING = 0.0, 0.3, 1.0
"""What log n · w is multiplied by: how cheap it is for a source to fade."""
FOLDS = 10


@dataclass(frozen=True)
class SizedRuns:
    """Costs of runs at several sizes: lower is better.

    Attributes:
        runs: number of the run that each row is of, shape (R,): rows of a run are no independent evidence.
        mixes: shares, shape (R, K).
        sizes: budgets, model sizes or both, above 0, shape (R, S).
        costs: shape (R, D).
        parts: what each column counts for, shape (D,).
    """

    runs: NDArray[np.int64]
    mixes: Matrix
    sizes: Matrix
    costs: Matrix
    parts: Vector

    @property
    def totals(self) -> Vector:
        """The target's cost of every row, shape (R,)."""
        return self.costs @ self.parts

    def only(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "SizedRuns":
        """Keep some rows."""
        return SizedRuns(self.runs[rows], self.mixes[rows], self.sizes[rows], self.costs[rows], self.parts)

    def redrawn(self, rng: np.random.Generator) -> "SizedRuns":
        """Draw runs with replacement, each with all its rows; one drawn twice counts as two runs."""
        names = np.unique(self.runs)
        drawn = [np.flatnonzero(self.runs == run) for run in rng.choice(names, len(names))]
        again = self.only(np.concatenate(drawn))
        return SizedRuns(
            np.repeat(np.arange(len(drawn)), [len(rows) for rows in drawn]),
            again.mixes,
            again.sizes,
            again.costs,
            again.parts,
        )


@dataclass(frozen=True)
class ScaleLaw:
    """A fitted law, for each column by itself.

    Attributes:
        floors: E, shape (D,).
        coefficients: of the features, an intercept last, shape (F + 1, D).
        fading: what log n · w was multiplied by, shape (D,).
        penalties: shape (D,).
        centre: mean of log n, shape (S,).
        most: highest log(L - E) that is guessed, shape (D,).
        parts: what each column counts for, shape (D,).
    """

    floors: Vector
    coefficients: Matrix
    fading: Vector
    penalties: Vector
    centre: Vector
    most: Vector
    parts: Vector

    def predict(self, mixes: Matrix, sizes: Vector) -> Vector:
        """Guess the target's cost of mixes (m, K) at one size (S,), or each at its own (m, S)."""
        logs = np.broadcast_to(np.log(sizes), (len(mixes), len(self.centre))) - self.centre
        guessed = np.empty((len(mixes), len(self.parts)))
        for column, fading in enumerate(self.fading):
            inputs = np.hstack([_features(mixes, logs, float(fading)), np.ones((len(mixes), 1))])
            guessed[:, column] = inputs @ self.coefficients[:, column]
        return (self.floors + np.exp(np.minimum(guessed, self.most))) @ self.parts


def fit_law(known: SizedRuns, seed: int, like: ScaleLaw | None = None) -> ScaleLaw:
    """Fit the law; E, fading and penalty are those of the least squared error on runs left out, by column.

    Args:
        like: a law whose fading and penalties are kept; only E is searched for.
    """
    centre = np.log(known.sizes).mean(0)
    logs, lowest = np.log(known.sizes) - centre, known.costs.min(0)
    spread = np.maximum(np.ptp(known.costs, axis=0), 1e-12)
    floors = lowest - DEPTHS[:, None] * spread  # (E, D)
    floors = np.where(lowest > 0, np.maximum(floors, 0.0), floors)
    values = np.log(known.costs[:, None] - floors).reshape(len(logs), -1)  # (R, E · D)
    folds = run_folds(known.runs, seed)
    best = np.full(len(known.parts), np.inf)
    chosen = np.zeros((len(known.parts), 3))
    for fading in FADING if like is None else np.unique(like.fading):
        inputs = _features(known.mixes, logs, float(fading))
        for penalty in PENALTIES if like is None else np.unique(like.penalties):
            guessed = np.empty_like(values)
            for fold in range(int(folds.max()) + 1):
                held = folds == fold
                fitted = fit_ridge(np.asarray, inputs[~held], values[~held], np.array([penalty]))
                guessed[held] = fitted.predict(inputs[held])
            most = values.max(0) + 1
            costs = floors + np.exp(np.minimum(guessed, most)).reshape(len(logs), len(DEPTHS), -1)
            errors = ((costs - known.costs[:, None]) ** 2).mean(0)
            depth = errors.argmin(0)
            least = np.take_along_axis(errors, depth[None], 0)[0]
            open_to = (
                np.ones(len(best), bool) if like is None else (like.fading == fading) & (like.penalties == penalty)
            )
            better = (least < best) & open_to
            best = np.where(better, least, best)
            row = np.column_stack([depth, np.full(len(depth), fading), np.full(len(depth), penalty)])
            chosen = np.where(better[:, None], row, chosen)
    return _settled(known, logs, centre, floors, chosen)


def _settled(known: SizedRuns, logs: Matrix, centre: Vector, floors: Matrix, chosen: Matrix) -> ScaleLaw:
    """Fit to all runs with what was chosen: depth, fading, penalty of each column."""
    columns = np.arange(len(known.parts))
    taken = floors[chosen[:, 0].astype(int), columns]
    values = np.log(known.costs - taken)
    coefficients = list[Vector]()
    for column, (_, fading, penalty) in enumerate(chosen):
        inputs = _features(known.mixes, logs, float(fading))
        fitted = fit_ridge(np.asarray, inputs, values[:, [column]], np.array([penalty]))
        ends = np.vstack([np.zeros(inputs.shape[1]), np.eye(inputs.shape[1])])
        guessed = fitted.predict(ends)[:, 0]
        coefficients.append(np.r_[guessed[1:] - guessed[0], guessed[0]])
    return ScaleLaw(
        taken, np.column_stack(coefficients), chosen[:, 1], chosen[:, 2], centre, values.max(0) + 1, known.parts
    )


def _features(mixes: Matrix, logs: Matrix, fading: float) -> Matrix:
    """Give [w, √w, log n, log n · w], shape (m, 2K + S + S K)."""
    each = (logs[:, :, None] * mixes[:, None]).reshape(len(mixes), -1)
    return np.hstack([with_roots(mixes), FREE * logs, fading * each])


def run_folds(runs: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Give the fold of every row, by its run."""
    number = np.unique(runs, return_inverse=True)[1]
    count = int(number.max()) + 1
    return (generator(seed, "folds").permutation(count) % min(count, FOLDS))[number]
