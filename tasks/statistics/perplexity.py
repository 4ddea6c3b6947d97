"""Perplexity and bits per byte with bootstrap intervals over documents. Arrays in, numbers out."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.manifests.scores import BaselineScore, Measurement, Metrics, Score, SourceScore
from tasks.statistics.bootstrap import resampled_sums
from tasks.statistics.resampling import FEW_ROWS, Resampling, interval, measured

Floats = NDArray[np.float64]


class Losses(NamedTuple):
    """What was measured of each document, shape (documents,) each.

    Attributes:
        loss: −log p of the document, its end included, in nats.
        baseline: the same by the model that is to be beaten.
        tokens: how many were predicted.
        bytes: length of its text in UTF-8.
    """

    loss: Floats
    baseline: Floats
    tokens: Floats
    bytes: Floats


def measures(loss: Any, tokens: Any, characters: Any) -> tuple[Any, Any]:
    """Give perplexity, exp(Σ loss / Σ tokens), and bits per byte, Σ loss / (ln 2 · Σ bytes), of sums.

    The first compares models with one tokenizer, the second any two.
    """
    return np.exp(loss / tokens), loss / (math.log(2) * characters)


def evaluated(
    losses: Losses,
    source: Sequence[str],
    settings: Resampling,
    rng: np.random.Generator,
    own_baseline: Floats | None = None,
) -> Metrics:
    """Score a language model in total, per source, and against the baseline.

    Args:
        source: source of every document.
        own_baseline: of every document the loss by a baseline of its source's own rows; no number where it has none.
    """
    names = np.asarray(source)
    # Documents are redrawn, not tokens, since tokens of one document hang together.
    sums, drawn = [column.sum() for column in losses], resampled_sums(losses, settings.resamples, rng)
    total = _scored(losses, sums, drawn, settings.confidence)
    base = _measured(measures(sums[1], *sums[2:]), measures(drawn[1], *drawn[2:]), settings.confidence)
    gained = interval(measures(drawn[1] - drawn[0], *drawn[2:])[1], settings.confidence)
    by_source: dict[str, SourceScore] = {}
    for name in dict.fromkeys(source):
        own = Losses(*(column[names == name] for column in losses))
        sums_of_source = [column.sum() for column in own]
        score = _scored(own, sums_of_source, resampled_sums(own, settings.resamples, rng), settings.confidence)
        guessed = {"mix": own.baseline.sum()}
        if own_baseline is not None and np.isfinite(least := own_baseline[names == name].sum()):
            guessed["own"] = least
        baselines = {learned: _baseline(loss, sums_of_source) for learned, loss in guessed.items()}
        by_source[name] = SourceScore.model_validate(dict(score) | {"baselines": baselines})
    gain = round(base["bits_per_byte"].value - total.measures["bits_per_byte"].value, 6)
    return Metrics(
        **dict(total),
        by_source=by_source,
        baseline=BaselineScore(measures=base, gain=gain, gain_interval=gained),
        confidence=settings.confidence,
    )


def _baseline(loss: float, sums: Sequence[Any]) -> BaselineScore:
    named = zip(("perplexity", "bits_per_byte"), measures(loss, *sums[2:]), strict=True)
    return BaselineScore(measures={name: Measurement(value=round(float(value), 6)) for name, value in named})


def _scored(losses: Losses, sums: Sequence[Any], drawn: Floats, confidence: float) -> Score:
    named = _measured(measures(sums[0], *sums[2:]), measures(drawn[0], *drawn[2:]), confidence)
    rows = len(losses.loss)
    note = f"only {rows} rows" if rows < FEW_ROWS else ""
    return Score(measures=named, tokens=int(sums[2]), bytes=int(sums[3]), rows=rows, note=note)


def _measured(values: tuple[Any, Any], drawn: tuple[Any, Any], confidence: float) -> dict[str, Measurement]:
    return {
        name: measured(value, replicates, confidence)
        for name, value, replicates in zip(("perplexity", "bits_per_byte"), values, drawn, strict=True)
    }
