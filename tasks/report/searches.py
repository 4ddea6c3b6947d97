"""What the report of a search shows: weights, gains, guesses beside what was measured, and every trial as a bar."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.records import Section
from tasks.experiments.search_record import SearchRecord
from tasks.report.plots import HUES, Axis, axis
from tasks.report.words import duration, percent

SHOWN_TRIALS = 60


class Segment(Section):
    """A source's part of a trial's bar; positions in percent."""

    source: str
    hue: int
    start: float
    width: float


class Bar(Section):
    """One trial: its mix as a bar, and what it cost."""

    name: str
    round: int
    cost: float
    parts: tuple[Segment, ...]


class Point(Section):
    """A trial's guessed and measured cost; positions in percent, y from the top."""

    name: str
    x: float
    y: float


class Guesses(Section):
    """Guessed against measured costs on two equal axes."""

    axis: Axis
    trials: tuple[Point, ...]
    confirmed: Point | None


def weights_table(search: SearchRecord) -> list[dict[str, Any]]:
    """Give the weights used and those of every mix confirmed, a row for each source."""
    arms = {arm.name: arm.weights for arm in search.confirmed.arms}
    return [
        {"source": name, "used": percent(share)} | {arm: percent(weights[name]) for arm, weights in arms.items()}
        for name, share in search.weights.items()
    ]


def figures(search: SearchRecord) -> list[tuple[str, str, str]]:
    """Give the few numbers to see first: what, how much, and a remark."""
    counts = search.counts
    shown = [
        (f"loss below {gain.baseline}", f"{gain.gain:.4f}", "{:.4f} to {:.4f}".format(*gain.interval))
        for gain in search.confirmed.against
    ]
    shown.append(("trials", f"{counts.own:,}", f"{counts.earlier} of earlier searches, {counts.left_out} left out"))
    shown.append(
        (
            "rank correlation",
            f"{search.surrogate.left_out_rank_correlation:.2f}",
            "between guesses of trials left out and what they cost",
        )
    )
    shown.append(("time", duration(search.seconds), f"{counts.confirming} confirming runs"))
    return shown


def bars(search: SearchRecord) -> list[Bar]:
    """Lay the trials out as bars, best first; of many, the best and the worst ones."""
    rows = sorted(search.trials, key=lambda trial: trial.cost)
    if len(rows) > SHOWN_TRIALS:
        rows = rows[: SHOWN_TRIALS // 2] + rows[-SHOWN_TRIALS // 2 :]
    return [
        Bar(
            name=row.name,
            round=row.round,
            cost=row.cost,
            parts=tuple(_segments(row.weights, list(search.weights))),
        )
        for row in rows
    ]


def _segments(mix: Mapping[str, float], sources: Sequence[str]) -> list[Segment]:
    total, start, segments = sum(mix.get(name, 0.0) for name in sources), 0.0, list[Segment]()
    for number, name in enumerate(sources):
        width = 100 * mix.get(name, 0.0) / (total or 1.0)
        if width > 0:
            segments.append(Segment(source=name, hue=number % HUES, start=round(start, 3), width=round(width, 3)))
        start += width
    return segments


def guesses(search: SearchRecord) -> Guesses | None:
    """Lay out what was guessed for every trial left out against what it cost, and the guess that the confirming run
    tested.
    """
    pairs = [(row.name, row.guess, row.cost) for row in search.trials if row.guess is not None]
    tested, last = search.predicted, list[tuple[str, float, float]]()
    if tested.predicted is not None and tested.measured is not None:
        last.append(("recommended", tested.predicted, tested.measured))
    if not pairs:
        return None
    both = axis([value for _, guess, cost in [*pairs, *last] for value in (guess, cost)])
    points = [Point(name=name, x=both.place(guess), y=100 - both.place(cost)) for name, guess, cost in [*pairs, *last]]
    return Guesses(axis=both, trials=tuple(points[: len(pairs)]), confirmed=points[-1] if last else None)


def gain_axis(search: SearchRecord) -> Axis | None:
    """Lay the axis of the gains, with 0 on it; None without a confirming run."""
    ends = [value for gain in search.confirmed.against for value in (*gain.interval, *gain.by_seed)]
    return axis([0.0, *ends]) if ends else None
