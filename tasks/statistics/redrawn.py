"""Scores with bootstrap intervals of what is measured row by row: in total, by source, and beside what must be beaten.
What is redrawn is the group: rows that hang together, such as the questions on one text. Arrays in, numbers out.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.manifests.scores import BaselineScore, Measurement, Metrics, Score, SourceScore
from tasks.statistics.resampling import FEW_ROWS, Resampling, interval, measured, with_end
from tasks.text.hashing import Floats, Ints

BLOCK = 8_000_000
"""Most counts drawn at a time."""
Figures = Callable[[Floats], dict[str, Floats]]
"""How often each row is drawn, shape (draws, rows) -> measure -> its values, shape (draws,)."""


class Judged(NamedTuple):
    """How answers to the same rows are measured.

    Attributes:
        model: the model's answers.
        mix: those by what is learned from the mix without a model.
        own: the same, the rows of each source answered by what is learned from its own rows.
        learned: sources that have such rows.
    """

    model: Figures
    mix: Figures
    own: Figures
    learned: frozenset[str]


class Look(NamedTuple):
    """How measures are looked at.

    Attributes:
        key: the one to look at.
        lower: whether less of it is better.
        shares: those that are shares of the rows.
    """

    key: str
    lower: bool = False
    shares: frozenset[str] = frozenset()


def sums_of(columns: Sequence[Floats], figures: Callable[..., dict[str, Floats]]) -> Figures:
    """Measure by a function of sums over the rows.

    Args:
        columns: what each row has, shape (rows,) each.
        figures: takes the sum of each column, shape (draws,) each.
    """
    table = np.column_stack(columns).astype(float)
    return lambda counts: figures(*(counts @ table).T)


def share(part: Floats, whole: Floats) -> Floats:
    """Divide sums; 0 where there is nothing."""
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0)


def evaluated(
    judged: Judged, sources: Sequence[str], groups: Ints, look: Look, settings: Resampling, rng: np.random.Generator
) -> Metrics:
    """Score answers in total, per source, and against what is reached without a model.

    Args:
        sources: source of every row.
        groups: number of the group of every row, shape (rows,).
    """
    names, sign = np.asarray(sources), -1 if look.lower else 1
    every = np.ones(len(names), np.bool_)
    pairs = [(judged.model(counts), judged.mix(counts)) for counts in _draws(every, groups, settings, rng)]
    total = _score(judged.model, every, [model for model, _ in pairs], look, settings)
    base = _score(judged.mix, every, [mix for _, mix in pairs], look, settings)
    gained = np.concatenate([sign * (model[look.key] - mix[look.key]) for model, mix in pairs])
    gain = sign * (total.measures[look.key].value - base.measures[look.key].value)
    by_source: dict[str, SourceScore] = {}
    for name in dict.fromkeys(sources):
        own = names == name
        drawn = [judged.model(counts) for counts in _draws(own, groups, settings, rng)]
        known = {"mix": judged.mix} | ({"own": judged.own} if name in judged.learned else {})
        baselines = {learned: BaselineScore(measures=_once(figures, own)) for learned, figures in known.items()}
        score = _score(judged.model, own, drawn, look, settings)
        by_source[name] = SourceScore.model_validate(dict(score) | {"baselines": baselines})
    baseline = BaselineScore(
        measures=base.measures, gain=round(gain, 6), gain_interval=interval(gained, settings.confidence)
    )
    return Metrics(**dict(total), by_source=by_source, baseline=baseline, confidence=settings.confidence)


def _draws(rows: NDArray[np.bool_], groups: Ints, settings: Resampling, rng: np.random.Generator) -> Iterator[Floats]:
    """Draw the groups of some rows with replacement; give how often each row is drawn, some draws at a time."""
    held, group = np.unique(groups[rows], return_inverse=True)
    step = max(1, BLOCK // len(rows))
    for start in range(0, settings.resamples, step):
        size = min(step, settings.resamples - start)
        times = rng.multinomial(len(held), np.full(len(held), 1 / len(held)), size=size)
        counts = np.zeros((size, len(rows)))
        counts[:, rows] = times[:, group]
        yield counts


def _once(figures: Figures, rows: NDArray[np.bool_]) -> dict[str, Measurement]:
    values = figures(rows[None].astype(float))
    return {name: Measurement(value=round(float(value[0]), 6)) for name, value in values.items()}


def _score(
    figures: Figures, rows: NDArray[np.bool_], drawn: Sequence[dict[str, Floats]], look: Look, settings: Resampling
) -> Score:
    values, count = figures(rows[None].astype(float)), int(rows.sum())
    measures = {
        name: measured(value[0], np.concatenate([each[name] for each in drawn]), settings.confidence)
        for name, value in values.items()
    }
    measures |= {name: with_end(measures[name], count, settings.confidence) for name in look.shares}
    return Score(measures=measures, rows=count, note=f"only {count} rows" if count < FEW_ROWS else "")
