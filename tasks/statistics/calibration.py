"""Whether a classifier is right as often as it is sure: reliability by bins of like chances, and proper scores. Arrays
in, numbers out.
"""

import numpy as np

from tasks.manifests.scores import Calibration, CalibrationBin
from tasks.statistics.bootstrap import resampled_sums
from tasks.statistics.resampling import Resampling, measured
from tasks.text.hashing import Floats, Ints

BINS = 15
"""Bins of a reliability diagram, as Guo et al. 2017 have them, but of equal mass (Nguyen & O'Connor 2015)."""


def of_answers(
    likely: Floats, truth: Ints, loss: Floats, settings: Resampling, rng: np.random.Generator
) -> Calibration:
    """Judge one label a row by its answer: how sure the model is of that, and whether it is right.

    Args:
        likely: probability of every label, shape (rows, labels).
        truth: number of the right one, shape (rows,).
        loss: −log p of it in nats, shape (rows,).
    """
    answered = likely.argmax(1)
    wanted = np.arange(likely.shape[1]) == truth[:, None]
    right = (answered == truth).astype(float)
    return calibrated(likely.max(1)[:, None], right[:, None], loss, ((likely - wanted) ** 2).sum(1), settings, rng)


def of_sets(likely: Floats, truth: Floats, loss: Floats, settings: Resampling, rng: np.random.Generator) -> Calibration:
    """Judge several labels a row, each by itself: how likely the model finds it, and whether the row bears it.

    Args:
        likely, truth: probability of every label, and 1 where the row bears it, else 0, shape (rows, labels).
        loss: −Σ log p in nats, shape (rows,).
    """
    return calibrated(likely, truth, loss, ((likely - truth) ** 2).sum(1), settings, rng)


def calibrated(
    chances: Floats, happened: Floats, loss: Floats, brier: Floats, settings: Resampling, rng: np.random.Generator
) -> Calibration:
    """Give the expected calibration error Σ n_b / n |mean chance − share that happened| over bins of equal mass, beside
    what chance alone makes of it where every chance is the true one.

    Redrawing rows adds to the error what drawing them has added before, so that replicates are moved to have the error
    as their mean: the interval is of the error as it is measured, as is what it stands beside.

    Args:
        chances, happened: of the events that are looked at, shape (rows, events).
        loss, brier: of every row.
    """
    number = bins_of(chances)
    gaps = [np.where(number == each, chances - happened, 0).sum(1) for each in range(int(number.max()) + 1)]
    error = float(np.abs(np.sum(gaps, axis=1)).sum()) / chances.size
    *drawn, losses, briers = resampled_sums([*gaps, loss, brier], settings.resamples, rng)
    errors = np.abs(drawn).sum(0) / chances.size
    by_chance = np.array([_by_chance(chances, number, rng) for _ in range(settings.resamples)])
    moved = np.clip(errors - errors.mean() + error, 0, 1)
    rows, sure = len(chances), settings.confidence
    return Calibration(
        error=measured(error, moved, sure),
        by_chance=measured(by_chance.mean(), by_chance, sure),
        log_loss=measured(loss.mean(), losses / rows, sure),
        brier=measured(brier.mean(), briers / rows, sure),
        bins=tuple(_bin(chances[number == each], happened[number == each]) for each in range(len(gaps))),
    )


def bins_of(chances: Floats) -> Ints:
    """Give the number of the bin of every chance; equal chances share one, whatever order they stand in."""
    ordered = np.sort(chances, axis=None)
    firsts = ordered[[part[0] for part in np.array_split(np.arange(len(ordered)), min(BINS, len(ordered)))]]
    return np.searchsorted(np.unique(firsts), chances, side="right") - 1


def _by_chance(chances: Floats, number: Ints, rng: np.random.Generator) -> float:
    happened = rng.random(chances.shape) < chances
    return float(np.abs(np.bincount(number.ravel(), (chances - happened).ravel())).sum()) / chances.size


def _bin(chances: Floats, happened: Floats) -> CalibrationBin:
    sure, right = round(float(chances.mean()), 6), round(float(happened.mean()), 6)
    return CalibrationBin(events=chances.size, chance=sure, happened=right)
