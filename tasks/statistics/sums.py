"""Measures that are functions of sums over rows, such as BLEU, which is no mean of rows: rows are redrawn, and what was
counted of them is summed again, so that the intervals are those of the measure itself. Arrays in, numbers out.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tasks.manifests.scores import BaselineScore, Measurement, Metrics, Score, SourceScore
from tasks.statistics.bootstrap import resampled_sums
from tasks.statistics.resampling import FEW_ROWS, Resampling, interval, measured
from tasks.text.hashing import Floats


class Summed(NamedTuple):
    """How sums become measures.

    Attributes:
        measures: of sums, shape (columns, ...), gives each measure, shape (...).
        main: the measure by which the baseline is to be beaten; more is better.
        shares: measures that are shares of the rows.
    """

    measures: Callable[[Floats], Mapping[str, Floats]]
    main: str
    shares: frozenset[str] = frozenset()


class Counted(NamedTuple):
    """What was counted of every row, shape (rows, columns) each.

    Attributes:
        model: of the model.
        baseline: of what must be beaten.
        own: of that, learned from the rows of the row's own source; no number where it has none.
    """

    model: Floats
    baseline: Floats
    own: Floats


def evaluated(
    counted: Counted, source: Sequence[str], summed: Summed, settings: Resampling, rng: np.random.Generator
) -> Metrics:
    """Score a model in total, per source, and against the baseline.

    Args:
        source: source of every row.
    """
    names, width = np.asarray(source), counted.model.shape[1]
    both = np.hstack([counted.model, counted.baseline])
    drawn = resampled_sums(list(both.T), settings.resamples, rng)
    total = _scored(counted.model, drawn[:width], summed, settings)
    base = _scored(counted.baseline, drawn[width:], summed, settings)
    gained = summed.measures(drawn[:width])[summed.main] - summed.measures(drawn[width:])[summed.main]
    by_source: dict[str, SourceScore] = {}
    for name in dict.fromkeys(source):
        rows = counted.model[names == name]
        score = _scored(rows, resampled_sums(list(rows.T), settings.resamples, rng), summed, settings)
        known = {"mix": counted.baseline[names == name], "own": counted.own[names == name]}
        baselines = {learned: _plain(table, summed) for learned, table in known.items() if np.isfinite(table).all()}
        by_source[name] = SourceScore.model_validate(dict(score) | {"baselines": baselines})
    gain = round(total.measures[summed.main].value - base.measures[summed.main].value, 6)
    baseline = BaselineScore(measures=base.measures, gain=gain, gain_interval=interval(gained, settings.confidence))
    return Metrics(**dict(total), by_source=by_source, baseline=baseline, confidence=settings.confidence)


def _plain(table: Floats, summed: Summed) -> BaselineScore:
    found = summed.measures(table.sum(0))
    return BaselineScore(measures={name: Measurement(value=round(float(value), 6)) for name, value in found.items()})


def _scored(table: Floats, drawn: Floats, summed: Summed, settings: Resampling) -> Score:
    values, replicates = summed.measures(table.sum(0)), summed.measures(drawn)
    named = {name: measured(value, replicates[name], settings.confidence) for name, value in values.items()}
    rows = len(table)
    for name in summed.shares:
        named[name] = _of_none_or_all(named[name], rows, settings.confidence)
    return Score(measures=named, rows=rows, note=f"only {rows} rows" if rows < FEW_ROWS else "")


def _of_none_or_all(share: Measurement, rows: int, confidence: float) -> Measurement:
    """Give a share of none or of all rows an end that redrawing them cannot: the rule of three, 3/n at 95 %."""
    beyond = round(min(1.0, -math.log(1 - confidence) / rows), 6)
    ends = {0.0: (0.0, beyond), 1.0: (round(1 - beyond, 6), 1.0)}
    return Measurement(value=share.value, interval=ends.get(share.value, share.interval))
