"""Geometry of the report's charts, which the template draws as inline SVG, and the learning curve as a small PNG.

Positions are percentages of the chart's box, so a chart is as wide as its screen and its letters keep their size.
"""

import io
import math
from collections.abc import Mapping, Sequence

from tasks.core.imports import importing
from tasks.core.records import Section
from tasks.experiments.growth import LearningCurve
from tasks.manifests.manifest import Account
from tasks.manifests.model import OnlineFacts
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.scores import Calibration, Metrics
from tasks.objectives.measuring import Measure

SERIES = {"loss": "training loss", "holdout_loss": "hold-out loss", "validation_loss": "validation loss"}


HUES = 6
"""Colours of lines in the style sheet; more lines than that share them."""


class Axis(Section):
    """A linear axis from `low` to `high` with its ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def place(self, value: float) -> float:
        """Give the position of a value, 0 to 100."""
        return round(100 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low), 3)


class Line(Section):
    """One series of a line chart."""

    name: str
    text: str
    points: tuple[tuple[float, float], ...]
    """Positions, y from the top."""
    last: float
    whiskers: tuple[tuple[float, float, float], ...] = ()
    """Positions of intervals: x, and both ends of y."""


class Curves(Section):
    """A line chart, laid out."""

    x: Axis
    y: Axis
    lines: tuple[Line, ...]
    kept: float | None = None
    """Position of the step whose weights are published, where it was chosen."""
    borders: tuple[float, ...] = ()
    """Positions where a stage of training ends and the next begins."""


def axis(values: Sequence[float], *, floor: float = -math.inf, ceiling: float = math.inf) -> Axis:
    """Lay an axis around values, with three to seven round ticks inside `floor` and `ceiling`."""
    low, high = min(values), max(values)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    step = _round_step((high - low) / 4)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [round(number * step, 10) for number in range(first, last + 1)]
    inside = tuple(tick for tick in ticks if floor <= tick <= ceiling)
    return Axis(low=max(ticks[0], floor), high=min(ticks[-1], ceiling), ticks=inside)


def _round_step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * (1 - 1e-9))


def score_axis(metrics: Metrics, main: Measure) -> Axis:
    """Lay the axis of a measure: all sources and evaluation sets, their intervals, what must be beaten and linear
    models are on it.
    """
    scores = (metrics, *metrics.by_source.values(), *metrics.sets.values())
    known = [score.measures[main.key] for score in scores] + [
        score.linear.measures[main.key] for score in scores if score.linear
    ]
    ends = [end for measured in known for end in (measured.value, *(measured.interval or ()))]
    ends += [beaten for score in scores if (beaten := main.to_beat(score)) is not None]
    return axis(ends, floor=0, ceiling=1 if main.share else math.inf)


def curves(points: Sequence[Mapping[str, float]], borders: Sequence[float] = ()) -> Curves | None:
    """Lay out the learning curve; None when no loss was noted.

    Args:
        borders: steps after which a stage of training ends.
    """
    series = {name: [(point["step"], point[name]) for point in points if name in point] for name in SERIES}
    drawn = _laid_out([(name, SERIES[name], places) for name, places in series.items()])
    if drawn is None:
        return None
    kept = next((point["step"] for point in points if "kept" in point), None)
    places = {"kept": None if kept is None else drawn.x.place(kept), "borders": tuple(map(drawn.x.place, borders))}
    return drawn.model_copy(update=places)


def reliability(calibration: Calibration | None) -> Curves | None:
    """Lay out how often what a model finds likely comes, beside where it would come as often as it is likely."""
    if not calibration:
        return None
    found = [(each.chance, each.happened) for each in calibration.bins]
    return _laid_out([("base", "as often as it is likely", [(0, 0), (1, 1)]), ("line0", "the model", found)])


def weights_path(online: OnlineFacts | None) -> Curves | None:
    """Lay out how weights went that changed while training; None when they did not change."""
    if not online:
        return None
    return _laid_out(
        [
            (f"line{at % HUES}", source, [(point.step, point.weights[source]) for point in online.path])
            for at, source in enumerate(online.path[0].weights)
        ]
    )


def growth(curves: Sequence[LearningCurve]) -> Curves | None:
    """Lay out what mixes score as they grow, with intervals."""
    points = [point for curve in curves for point in curve.points]
    if not points:
        return None
    largest = max(point.size for point in points)
    x, y = axis([0, largest], floor=0, ceiling=largest), axis([end for one in points for end in (one.low, one.high)])

    def down(score: float) -> float:
        return round(100 - y.place(score), 3)

    lines = tuple(
        Line(
            name=f"line{at % HUES}",
            text=curve.arm,
            last=curve.points[-1].score,
            points=tuple((x.place(point.size), down(point.score)) for point in curve.points),
            whiskers=tuple((x.place(point.size), down(point.low), down(point.high)) for point in curve.points),
        )
        for at, curve in enumerate(curves)
    )
    return Curves(x=x, y=y, lines=lines)


def _laid_out(series: Sequence[tuple[str, str, Sequence[tuple[float, float]]]]) -> Curves | None:
    finite = [(name, text, [(x, y) for x, y in places if math.isfinite(y)]) for name, text, places in series]
    drawn = [(name, text, places) for name, text, places in finite if places]
    if not drawn:
        return None
    everywhere = [point for _, _, places in drawn for point in places]
    last = max(px for px, _ in everywhere)
    x, y = axis([0, last], floor=0, ceiling=last), axis([py for _, py in everywhere], floor=0)
    lines = tuple(
        Line(
            name=name,
            text=text,
            last=places[-1][1],
            points=tuple((x.place(px), round(100 - y.place(py), 3)) for px, py in places),
        )
        for name, text, places in drawn
    )
    return Curves(x=x, y=y, lines=lines)


def widest_share(receipt: Sequence[ReceiptRow]) -> float:
    """Give the largest share of a receipt, 0..1, asked or got: what the longest bar stands for."""
    return (
        max((share for row in receipt for share in (row.requested, row.share_rows, row.share_tokens)), default=1.0)
        or 1.0
    )


def row_parts(account: Account) -> list[tuple[str, float, float]]:
    """Divide a source's rows into `train`, `holdout`, `validation`, `dropped` and `bad`: name, start, width in
    percent.
    """
    counts = {
        "train": account.rows,
        "holdout": account.holdout,
        "validation": account.validation,
        "dropped": sum(account.dropped.values()),
        "bad": account.quarantined,
    }
    parts: list[tuple[str, float, float]] = []
    start = 0.0
    for name, count in counts.items():
        width = 100 * count / account.read if account.read else 0.0
        parts.append((name, round(start, 3), round(width, 3)))
        start += width
    return parts


def curve_png(points: Sequence[Mapping[str, float]], borders: Sequence[float] = ()) -> bytes | None:
    """Draw the learning curve as a PNG of a few kilobytes; None when no loss was noted. `borders` as in `curves`."""
    if curves(points) is None:
        return None
    with importing:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 2.6), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, colour in zip(SERIES, ("#b9909d", "#7a1f3d", "#7a1f3d"), strict=True):
        places = [(point["step"], point[name]) for point in points if name in point]
        if places:
            axes.plot(
                *zip(*places, strict=True),
                color=colour,
                label=SERIES[name],
                marker="o" if len(places) < 20 else None,
                markersize=3,
            )
    if kept := [point["step"] for point in points if "kept" in point]:
        axes.axvline(kept[0], color="#55484f", linestyle="--", linewidth=1, label="published")
    for border in borders:
        axes.axvline(border, color="#b9909d", linewidth=1)
    axes.set_xlabel("step")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None}, pil_kwargs={"optimize": True})
    return picture.getvalue()
