"""From runs at several sizes to a mix for another size: how sure its score is, and whether its advantage lasts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.rng import generator
from tasks.experiments.search.propose import Region, candidates, recommend
from tasks.experiments.search.scale_law import ScaleLaw, SizedRuns, fit_law, run_folds
from tasks.experiments.search.surrogate import Matrix, Vector

DRAWN = 8_000
REDRAWN = 2_000
REFITS = 20
LOW, HIGH = 0.05, 0.95
SHOWN = 5
"""Sizes at which the advantage is told, beside the one that is asked for."""

FOLDED = 5
"""Runs of the largest size that a test of guesses beyond needs; else the largest size with as many is taken."""


@dataclass(frozen=True)
class Beyond:
    """How far off the largest runs are guessed from smaller ones, by fits without the run.

    Attributes:
        axis: which size.
        factor: how many times larger the guessed runs are than the largest that was learned from.
        errors: cost less guess, one for each run.
    """

    axis: int
    factor: float
    errors: Vector


@dataclass(frozen=True)
class SizedMix:
    """What runs at several sizes teach for one size.

    Attributes:
        law: what guesses costs.
        mix: to use there, shape (K,); low, high: 5 % and 95 % over refits to redrawn runs.
        guessed: its cost, and the 5 % and 95 % of what one more run may cost; NaN where that was not tested.
        error: mean of |cost - guess| at the sizes that were given, every run guessed by fits without it.
        error_of_the_mean: the same of guessing the mean of the other runs of that size.
        beyond: tests of guesses beyond the sizes learned from; one for each size with three values or more.
        stretch: how many times farther beyond the largest run the size asked for lies than such a test went, as ratios
            of logarithms; 0 where it is not beyond, infinite where that was not tested.
        sizes: at which the advantage is told, shape (A, S); the last is the one asked for.
        advantage: by how much the mix costs less than the baseline there; its 5 % and 95 %, shape (A, 3).
        fades_from: place of the smaller size with the largest advantage, where that at the size asked for is below it
            in 95 % of refits.
    """

    law: ScaleLaw
    mix: Vector
    low: Vector
    high: Vector
    guessed: tuple[float, float, float]
    error: float
    error_of_the_mean: float
    beyond: tuple[Beyond, ...]
    stretch: float
    sizes: Matrix
    advantage: Matrix
    fades_from: int | None


def learn_for_size(known: SizedRuns, size: Vector, region: Region, baseline: Vector, seed: int) -> SizedMix:
    """Fit the law, look for the best mix at one size, and say how sure that is.

    Args:
        size: what the mix is for, shape (S,).
        baseline: the mix that it is compared with, shape (K,).
    """
    law, inside = fit_law(known, seed), _left_out(known, seed)
    beyond = tuple(test for axis in range(len(size)) if (test := tested_beyond(known, axis, seed)) is not None)
    stretch = _stretch(known, size, beyond)
    drawn = candidates(region, DRAWN, generator(seed, "candidates"))
    spread = float(known.totals.std())
    mix = recommend(lambda mixes: law.predict(mixes, size), spread, region, drawn)
    sizes = _told(known, size)
    rng = generator(seed, "refits")
    again = [fit_law(known.redrawn(rng), seed, law) for _ in range(REFITS)]
    mixes = np.stack([_best(one, size, spread, region, drawn[:: DRAWN // REDRAWN]) for one in again])
    gains = np.stack([_gains(one, mix, baseline, sizes) for one in again])
    now = _gains(law, mix, baseline, sizes)
    least, most = np.quantile(gains, [LOW, HIGH], axis=0)
    low, high = np.quantile(mixes, [LOW, HIGH], axis=0)
    errors = np.concatenate([stretch * test.errors for test in beyond]) if 0 < stretch < np.inf else inside
    cost, *ends = _interval(law, again, mix, size, errors, generator(seed, "guess"))
    sure = (cost, ends[0], ends[1]) if stretch < np.inf else (cost, float("nan"), float("nan"))
    return SizedMix(
        law,
        mix,
        np.minimum(low, mix),
        np.maximum(high, mix),
        sure,
        float(np.abs(inside).mean()),
        _error_of_the_mean(known),
        beyond,
        stretch,
        sizes,
        np.column_stack([now, np.minimum(least, now), np.maximum(most, now)]),
        _fades_from(now, gains, sizes),
    )


def _best(law: ScaleLaw, size: Vector, spread: float, region: Region, drawn: Matrix) -> Vector:
    return recommend(lambda mixes: law.predict(mixes, size), spread, region, drawn, polish=False)


def _gains(law: ScaleLaw, mix: Vector, baseline: Vector, sizes: Matrix) -> Vector:
    both = np.stack([mix, baseline])
    return np.array([np.subtract(*law.predict(both, size)[::-1]) for size in sizes])


def _fades_from(now: Vector, gains: Matrix, sizes: Matrix) -> int | None:
    smaller = np.flatnonzero((sizes <= sizes[-1]).all(1) & (sizes < sizes[-1]).any(1))
    if len(smaller) == 0:
        return None
    best = int(smaller[now[smaller].argmax()])
    return best if np.quantile(gains[:, -1] - gains[:, best], HIGH) < 0 else None


def _interval(
    law: ScaleLaw, again: list[ScaleLaw], mix: Vector, size: Vector, errors: Vector, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Give the guess, and the 90 % of the refits' guesses with errors of runs left out added."""
    cost = float(law.predict(mix[None], size)[0])
    refits = np.array([one.predict(mix[None], size)[0] for one in again])
    low, high = np.quantile(rng.choice(refits, 2000) + rng.choice(errors, 2000), [LOW, HIGH])
    return cost, min(float(low), cost), max(float(high), cost)


def _left_out(known: SizedRuns, seed: int) -> Vector:
    """Give cost less guess of every row, by laws fitted without its run."""
    everything = np.ones(len(known.runs), bool)
    return known.totals - _guessed(known, everything, everything, seed)


def tested_beyond(known: SizedRuns, axis: int, seed: int) -> Beyond | None:
    """Guess the largest runs from other runs of at most half their size, or of any smaller one where fewer than two
    sizes are that small; None where there are fewer than two smaller sizes.
    """
    values = known.sizes[:, axis]
    levels = np.unique(values)
    if len(levels) < 3:
        return None
    most = max(levels[2:], key=lambda level: (len(np.unique(known.runs[values == level])) >= FOLDED, level))
    half = levels[levels <= most / 2]
    least = half if len(half) >= 2 else levels[levels < most]
    wanted = values == most
    guessed = _guessed(known, values <= least[-1], wanted, seed)
    return Beyond(axis, float(most / least[-1]), (known.totals - guessed)[wanted])


def _guessed(known: SizedRuns, learned: NDArray[np.bool_], wanted: NDArray[np.bool_], seed: int) -> Vector:
    """Guess the wanted rows from the learned rows of other runs; NaN elsewhere."""
    folds = run_folds(known.runs, seed)
    guessed = np.full(len(known.runs), np.nan)
    for fold in np.unique(folds[wanted]):
        law = fit_law(known.only(learned & (folds != fold)), seed)
        held = wanted & (folds == fold)
        guessed[held] = law.predict(known.mixes[held], known.sizes[held])
    return guessed


def _error_of_the_mean(known: SizedRuns) -> float:
    """Give the mean of |cost - mean of the others of its size|, of sizes with two runs or more."""
    _, level = np.unique(known.sizes, axis=0, return_inverse=True)
    counts, totals = np.bincount(level)[level], known.totals
    sums = np.bincount(level, totals)[level]
    several = counts > 1
    return float(np.abs((sums - totals)[several] / (counts - 1)[several] - totals[several]).mean())


def _stretch(known: SizedRuns, size: Vector, beyond: tuple[Beyond, ...]) -> float:
    far = np.log(size / known.sizes.max(0))
    tested = {test.axis: np.log(test.factor) for test in beyond}
    return max(
        (
            max(1.0, value / tested[axis]) if axis in tested else np.inf
            for axis, value in enumerate(far)
            if value > 1e-9
        ),
        default=0.0,
    )


def _told(known: SizedRuns, size: Vector) -> Matrix:
    """Give some of the sizes that runs have, smallest first, and the one asked for."""
    levels = np.unique(known.sizes, axis=0)
    levels = levels[np.argsort(np.log(levels).sum(1), kind="stable")]
    some = levels[np.unique(np.linspace(0, len(levels) - 1, SHOWN).astype(int))]
    return np.vstack([some[(some != size).any(1)], size])
