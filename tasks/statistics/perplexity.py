"""Perplexity and bits per byte with bootstrap intervals over documents. Arrays in, numbers out."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.statistics.bootstrap import resampled_sums
from tasks.statistics.resampling import FEW_ROWS, Resampling, interval

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


def evaluated(losses: Losses, source: Sequence[str], settings: Resampling, rng: np.random.Generator) -> dict[str, Any]:
    """Score a language model in total, per source, and against the baseline.

    Args:
        source: source of every document.
    """
    names = np.asarray(source)
    # Documents are redrawn, not tokens, since tokens of one document hang together.
    sums, drawn = [column.sum() for column in losses], resampled_sums(losses, settings.resamples, rng)
    total = _scored(losses, sums, drawn, settings.confidence)
    base = _told(measures(sums[1], *sums[2:]), measures(drawn[1], *drawn[2:]), settings.confidence)
    gained = interval(measures(drawn[1] - drawn[0], *drawn[2:])[1], settings.confidence)
    by_source: dict[str, Any] = {}
    for name in dict.fromkeys(source):
        own = Losses(*(column[names == name] for column in losses))
        by_source[name] = _scored(
            own, [column.sum() for column in own], resampled_sums(own, settings.resamples, rng), settings.confidence
        )
    return total | {
        "by_source": by_source,
        "baseline": base | {"gain": round(base["bits_per_byte"] - total["bits_per_byte"], 6), "gain_interval": gained},
        "confidence": settings.confidence,
    }


def _scored(losses: Losses, sums: Sequence[Any], drawn: Floats, confidence: float) -> dict[str, Any]:
    found = _told(measures(sums[0], *sums[2:]), measures(drawn[0], *drawn[2:]), confidence)
    found |= {"tokens": int(sums[2]), "bytes": int(sums[3]), "rows": len(losses.loss)}
    return found | ({"note": f"only {len(losses.loss)} rows"} if len(losses.loss) < FEW_ROWS else {})


def _told(found: tuple[Any, Any], drawn: tuple[Any, Any], confidence: float) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value, values in zip(("perplexity", "bits_per_byte"), found, drawn, strict=True):
        told |= {name: round(float(value), 6), f"{name}_interval": interval(values, confidence)}
    return told
