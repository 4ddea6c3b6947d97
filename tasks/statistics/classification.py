"""Scores of a classifier with bootstrap intervals. Arrays in, numbers out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.manifests.scores import BaselineScore, Confusion, Measurement, Metrics, Score
from tasks.statistics.bootstrap import resampled_counts
from tasks.statistics.resampling import FEW_ROWS, Resampling, interval, measured


def confusion(truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Count pairs; rows are the truth, columns the prediction, shape (classes, classes)."""
    return np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def scores_of(counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give accuracy and macro-F1 of confusion matrices of shape (..., classes, classes).

    Macro-F1 is the mean over the classes of F1 = 2TP / (2TP + FP + FN); a class that neither stands in the truth nor is
    predicted does not count, one that only stands on one side counts as 0 (scikit-learn's `macro` over the classes
    seen).
    """
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    seen = counts.sum(-1) + counts.sum(-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = np.where(seen > 0, 2 * right / seen, np.nan)
        return right.sum(-1) / counts.sum((-2, -1)), np.nanmean(f1, axis=-1)


def scored(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: int, settings: Resampling, rng: np.random.Generator
) -> Score:
    """Score predictions, with intervals.

    Args:
        truth: class numbers, shape (rows,).
    """
    counts = confusion(truth, predicted, classes)
    scores = zip(scores_of(counts), scores_of(resampled_counts(counts, settings.resamples, rng)), strict=True)
    measures = [measured(score, redrawn, settings.confidence) for score, redrawn in scores]
    missing = classes - len(np.unique(truth))
    notes = [f"only {len(truth)} rows"] * (len(truth) < FEW_ROWS) + [
        f"{missing} of {classes} labels do not occur"
    ] * bool(missing)
    named: dict[str, Measurement] = dict(zip(("accuracy", "macro_f1"), measures, strict=True))
    return Score(measures=named, rows=len(truth), note="; ".join(notes))


def evaluated(
    truth: NDArray[np.int64],
    predicted: NDArray[np.int64],
    source: Sequence[str],
    majority: int,
    labels: Sequence[str],
    settings: Resampling,
    rng: np.random.Generator,
) -> Metrics:
    """Score a model in total, per source, and against always answering with the majority class of the mix.

    Args:
        source: source of every row.
        majority: number of the class that is most frequent in the training mix.
    """
    classes, names = len(labels), np.asarray(source)
    total = scored(truth, predicted, classes, settings, rng)
    always = np.full_like(truth, majority)
    gain = resampled_gain(truth, predicted, always, settings, rng)
    baseline = BaselineScore(
        **dict(scored(truth, always, classes, settings, rng)),
        label=labels[majority],
        gain=round(total.measures["accuracy"].value - float(np.mean(truth == always)), 6),
        gain_interval=gain,
    )
    by_source = {
        name: scored(truth[names == name], predicted[names == name], classes, settings, rng)
        for name in dict.fromkeys(source)
    }
    return Metrics(
        **dict(total),
        by_source=by_source,
        baseline=baseline,
        confusion=Confusion(labels=tuple(labels), counts=confusion(truth, predicted, classes).tolist()),
        confidence=settings.confidence,
    )


def resampled_gain(
    truth: NDArray[np.int64],
    predicted: NDArray[np.int64],
    other: NDArray[np.int64],
    settings: Resampling,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Give the bootstrap interval of the difference in accuracy, on the same examples (paired)."""
    difference = (predicted == truth).astype(int) - (other == truth).astype(int)
    counts = np.bincount(difference + 1, minlength=3)
    draws = resampled_counts(counts, settings.resamples, rng)
    return interval((draws[:, 2] - draws[:, 0]) / len(truth), settings.confidence)
