"""Scores of a classifier with bootstrap intervals. Arrays in, numbers out."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.manifests.scores import BaselineScore, Confusion, Measurement, Metrics, Score, SourceScore
from tasks.statistics.bootstrap import resampled_counts
from tasks.statistics.resampling import FEW_ROWS, Resampling, interval, measured, with_end


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
    accuracy, macro_f1 = (measured(score, redrawn, settings.confidence) for score, redrawn in scores)
    missing = classes - len(np.unique(truth))
    notes = [f"only {len(truth)} rows"] * (len(truth) < FEW_ROWS) + [
        f"{missing} of {classes} labels do not occur"
    ] * bool(missing)
    named = {
        "accuracy": with_end(accuracy, len(truth), settings.confidence),
        # where all rows are right, or all wrong, redrawing them tells nothing of it, nor does the rule of three
        "macro_f1": macro_f1 if 0 < macro_f1.value < 1 else Measurement(value=macro_f1.value),
    }
    return Score(measures=named, rows=len(truth), note="; ".join(notes))


def evaluated(
    truth: NDArray[np.int64],
    predicted: NDArray[np.int64],
    source: Sequence[str],
    majority: int,
    labels: Sequence[str],
    settings: Resampling,
    rng: np.random.Generator,
    own_majority: Mapping[str, int] | None = None,
) -> Metrics:
    """Score a model in total, per source, and against always answering with the majority class of the mix.

    Args:
        source: source of every row.
        majority: number of the class that is most frequent in the training mix.
        own_majority: source -> the same among its own rows; a source without any has none.
    """
    classes, names, own = len(labels), np.asarray(source), own_majority or {}
    total = scored(truth, predicted, classes, settings, rng)
    always = np.full_like(truth, majority)
    gain = resampled_gain(truth, predicted, always, settings, rng)
    baseline = BaselineScore(
        **dict(scored(truth, always, classes, settings, rng)),
        label=labels[majority],
        gain=round(total.measures["accuracy"].value - float(np.mean(truth == always)), 6),
        gain_interval=gain,
    )
    by_source: dict[str, SourceScore] = {}
    for name in dict.fromkeys(source):
        rows = truth[names == name]
        score = scored(rows, predicted[names == name], classes, settings, rng)
        always_of_source = {"mix": majority} | ({"own": own[name]} if name in own else {})
        baselines = {learned: constant(rows, answer, labels) for learned, answer in always_of_source.items()}
        by_source[name] = SourceScore.model_validate(dict(score) | {"baselines": baselines})
    return Metrics(
        **dict(total),
        by_source=by_source,
        baseline=baseline,
        confusion=Confusion(labels=tuple(labels), counts=confusion(truth, predicted, classes).tolist()),
        confidence=settings.confidence,
    )


def beside(
    metrics: Metrics,
    truth: NDArray[np.int64],
    predicted: NDArray[np.int64],
    other: NDArray[np.int64],
    source: Sequence[str],
    labels: Sequence[str],
    settings: Resampling,
    rng: np.random.Generator,
) -> Metrics:
    """Put the scores of a linear model beside a model's own, in total and per source, with what is gained over it.

    Args:
        predicted: the model's answers.
        other: the linear model's answers to the same rows.
        source: source of every row.
    """
    names = np.asarray(source)

    def linear(rows: NDArray[np.bool_], own: Score) -> BaselineScore:
        answers = truth[rows], predicted[rows], other[rows]
        reached = scored(answers[0], answers[2], len(labels), settings, rng)
        gain = own.measures["accuracy"].value - reached.measures["accuracy"].value
        ends = resampled_gain(*answers, settings, rng)
        return BaselineScore(measures=reached.measures, gain=round(gain, 6), gain_interval=ends)

    total = linear(np.ones(len(names), np.bool_), metrics)
    by_source = {
        name: score.model_copy(update={"linear": linear(names == name, score)})
        for name, score in metrics.by_source.items()
    }
    return metrics.model_copy(update={"linear": total, "by_source": by_source})


def constant(truth: NDArray[np.int64], answer: int, labels: Sequence[str]) -> BaselineScore:
    """Score always answering with one class."""
    scores = scores_of(confusion(truth, np.full_like(truth, answer), len(labels)))
    named = zip(("accuracy", "macro_f1"), scores, strict=True)
    measures = {name: Measurement(value=round(float(score), 6)) for name, score in named}
    return BaselineScore(measures=measures, label=labels[answer])


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
