"""Perplexity and bits per byte with bootstrap intervals over documents. Arrays in, numbers out."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.manifests.scores import BaselineScore, Measurement, Metrics, Score
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


def evaluated(losses: Losses, source: Sequence[str], settings: Resampling, rng: np.random.Generator) -> Metrics:
    """Score a language model in total, per source, and against the baseline.

    Args:
        source: source of every document.
    """
    names = np.asarray(source)
    # Documents are redrawn, not tokens, since tokens of one document hang together.
    sums, drawn = [column.sum() for column in losses], resampled_sums(losses, settings.resamples, rng)
    total = _scored(losses, sums, drawn, settings.confidence)
    base = _measured(measures(sums[1], *sums[2:]), measures(drawn[1], *drawn[2:]), settings.confidence)
    gained = interval(measures(drawn[1] - drawn[0], *drawn[2:])[1], settings.confidence)
    by_source: dict[str, Score] = {}
    for name in dict.fromkeys(source):
        own = Losses(*(column[names == name] for column in losses))
        by_source[name] = _scored(
            own, [column.sum() for column in own], resampled_sums(own, settings.resamples, rng), settings.confidence
        )
    gain = round(base["bits_per_byte"].value - total.measures["bits_per_byte"].value, 6)
    return Metrics(
        **dict(total),
        by_source=by_source,
        baseline=BaselineScore(measures=base, gain=gain, gain_interval=gained),
        confidence=settings.confidence,
    )


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
