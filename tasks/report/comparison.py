"""The report of a comparison: one HTML page that needs nothing beside itself. Every value in it is escaped by the template engine."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from markupsafe import Markup

from tasks.comparison import Arm, Comparison, Contrast, Estimate, gain_text, range_text, score_text
from tasks.report import words
from tasks.report.page import FOLDER, template
from tasks.report.plots import Axis, axis

VALUES = {"leave_one_out": "left out", "add_one": "added", "shapley": "Shapley"}
TITLES = {"leave_one_out": "What the mix loses without it", "add_one": "What adding it to another source brings", "shapley": "Shapley value"}
FINDING = {"gain": "▲ better", "loss": "▼ worse", "none": "no detectable difference", "no claim": "no claim"}


class Say:
    """Writes the numbers of one comparison."""

    def __init__(self, found: Comparison) -> None:
        self.metric, self.on = found.metric, found.shapley.get("on", "trials")

    def score(self, score: float | None) -> str:
        """Write a score."""
        return "–" if score is None else score_text(self.metric, score).removeprefix("perplexity ")

    def tick(self, score: float) -> str:
        """Write a score at an axis."""
        return self.score(score).replace(".0 %", " %")

    def gain(self, gain: float) -> str:
        """Write a difference."""
        return gain_text(self.metric, gain)

    def gain_tick(self, gain: float) -> str:
        """Write a difference at an axis."""
        return "0" if abs(gain) < 1e-12 else gain_text(self.metric, gain).removesuffix(" points").replace(".0", "")

    def size(self, size: float) -> str:
        """Write the size of a difference."""
        return gain_text(self.metric, size).lstrip("+-")

    def span(self, low: float, high: float) -> str:
        """Write an interval of differences."""
        return range_text(self.metric, low, high)

    def spread(self, deviation: float | None) -> str:
        """Write a standard deviation."""
        return "–" if deviation is None else f"{100 * deviation:.1f}" if self.metric == "accuracy" else f"{deviation:.3f}"

    def p(self, chance: float) -> str:
        """Write a p value."""
        return "< 0.001" if chance < 0.001 else f"{chance:.3f}"

    def nats(self, value: float) -> str:
        """Write an amount of log likelihood."""
        return f"{value:+.3f}"

    def shapley(self, one: Estimate | None) -> str:
        """Write a Shapley value, in nats where an ensemble says what coalitions are worth."""
        if one is None:
            return "–"
        if self.on == "trials":
            return f"{self.gain(one.estimate)}, {self.span(one.low, one.high)}"
        return f"{one.estimate:+.3f} nats, {one.low:+.3f} to {one.high:+.3f}"


def build_comparison(found: Comparison) -> str:
    """Write the page."""
    say, scored = Say(found), [arm for arm in found.arms if arm.score is not None]
    ordered = sorted(scored, key=lambda arm: -(arm.score or 0))
    gains = [end for one in found.contrasts for end in (one.low, one.high)]
    first, _, rest = found.sentence.partition("). ")
    return template("comparison.html.j2").render(
        found=found, say=say, words=words, arms=ordered, finding=FINDING, percent=f"{100 * found.confidence:g} %",
        style=Markup((FOLDER / "style.css").read_text("utf-8")),  # noqa: S704 (our own file)
        lead=(f"{first}).", rest) if rest else (found.sentence, ""),
        figures=_figures(found, say), measure=_measure(found), f1=found.metric == "accuracy",
        axis=axis([end for arm in scored for end in (arm.low or 0, arm.high or 0)]) if scored else None,
        repeated=lambda arm: f"{max(arm.epochs.values(), default=0):.1f} ×",
        sources=list(found.arms[0].shares) if found.arms else [],
        gain_axis=axis([0, *gains]), differences=_differences(found), heat=_heat(ordered, say),
        values={value: title for value, title in VALUES.items() if any(getattr(one, value) for one in found.worth)},
        worth_charts=_worth_charts(found, say), rules=_rules(found), how=_how(found),
        recipe=yaml.safe_dump(found.recipe, sort_keys=False, allow_unicode=True),
    )  # fmt: skip


def _figures(found: Comparison, say: Say) -> list[tuple[str, str, str]]:
    named = {arm.name: arm for arm in found.arms}
    ours = named["recipe"]
    over = next((one for one in found.contrasts if one.first == "recipe" and named[one.second].kind == "source"), None)
    figures = [("recipe’s mix", say.score(ours.score), f"{say.score(ours.low)} to {say.score(ours.high)}")] if ours.score is not None else []
    if over:
        best = named[over.second]
        figures.append(("best single source", say.score(best.score), next(name for name, share in best.shares.items() if share)))
        figures.append(("gain", say.gain(over.estimate).removesuffix(" perplexity"), say.span(over.low, over.high)))
    figures.append(("judged on", f"{sum(found.judged.values()):,} rows", found.target or words.plural(len(found.judged), "source")))
    trials = found.trials
    return [*figures, ("trials", f"{trials['run'] + trials['cached']:,}", f"{trials['cached']:,} from the store")]


def _measure(found: Comparison) -> str:
    where = f"on the hold-out of {found.target}" if found.target else "the mean over the hold-outs of the sources"
    return f"Accuracy, {where}." if found.metric == "accuracy" else f"Perplexity, {where}; lower is better, and the better ones stand to the right."


def _differences(found: Comparison) -> list[tuple[str, str, list[Contrast]]]:
    kinds = {arm.name: arm.kind for arm in found.arms}
    combining = [one for one in found.contrasts if kinds[one.second] == "source"]
    weighing = [one for one in found.contrasts if kinds[one.second] == "mix"]
    parts = [
        ("Does combining help?", "Mixes of several sources against the best single source, which is chosen by its score, so that beating it is beating all.", combining),
        ("Are these the weights?", "The recipe’s mix against the other mixes.", weighing),
    ]  # fmt: skip
    return [part for part in parts if part[2]]


def _heat(arms: Sequence[Arm], say: Say) -> dict[str, Any] | None:
    if not arms:
        return None
    names = [*(name for name in arms[0].by_source if name != "all"), "all"]
    columns = [[arm.by_source[name]["score"] for arm in arms] for name in names]

    def cell(at: int, score: float) -> tuple[str, float, bool]:
        low, high = min(columns[at]), max(columns[at])
        return say.score(score), (score - low) / (high - low) if high > low else 0.5, score == high

    lines = [(arm.name, [cell(at, columns[at][number]) for at in range(len(names))]) for number, arm in enumerate(arms)]
    return {"columns": [(name, arms[0].by_source[name]["rows"]) for name in names], "lines": lines}


def _worth_charts(found: Comparison, say: Say) -> list[tuple[str, str, Axis, list[tuple[str, Estimate]], Any]]:
    charts: list[tuple[str, str, Axis, list[tuple[str, Estimate]], Any]] = []
    for value, title in TITLES.items():
        rows = [(one.source, estimate) for one in found.worth if (estimate := getattr(one, value))]
        in_nats = value == "shapley" and say.on == "ensemble"
        if rows:
            ends = [0.0, *(end for _, one in rows for end in (one.low, one.high))]
            charts.append((value, f"{title}, in nats" if in_nats else title, axis(ends), rows, say.nats if in_nats else say.gain_tick))
    return charts


def _rules(found: Comparison) -> list[str]:
    rules = [
        "pays: the mix scores lower without it; drop: it scores higher without it; both where the interval of “left out” does not hold 0.",
        "redundant: it can be left out, but its Shapley value is above 0: other sources bring the same. Else: cannot tell.",
        f"The intervals hold for all {len(found.worth)} sources together (Bonferroni).",
    ]
    told = found.shapley
    if not told.get("coalitions"):
        return rules
    game = {
        "trials": "Shapley: a source’s share of what all of them bring over always giving the commonest answer, from trials of the mixes of some of them",
        "ensemble": "Shapley: a source’s share of the log likelihood, in nats a row, that an ensemble of one model per source has over guessing",
    }[told["on"]]
    drawn = f"{told['orders']} orders drawn" if told.get("drawn") else f"all {told['coalitions']:,} sets of sources"
    return [*rules, f"{game}; {drawn}. The values sum to {told['sum']:+.4f}, as they must: {told['whole']:.4f} − {told['nothing']:.4f}."]


def _how(found: Comparison) -> list[str]:
    budget = found.budget
    steps = f", {budget['steps']:,} steps" if budget.get("steps") else ""
    lines = [
        f"Every mix has {budget['size']:,} {budget['unit']}, drawn from {words.percent(budget['share'], 0)} of the pool; {budget['learner']} learns from it{steps}.",
        f"Every mix is tried with {found.budget['seeds']} seeds, the same ones; a seed sets which rows are drawn, their order, and the start of the model.",
        f"Hold-outs are the same for all: {', '.join(f'{name} {rows:,}' for name, rows in found.judged.items())} rows.",
        f"{found.trials['run']:,} trials were run and {found.trials['cached']:,} came from the store; all took {words.duration(found.trials['seconds'])} of work.",
    ]  # fmt: skip
    if budget.get("phases"):
        lines.append("The recipe has phases; a linear classifier goes through the rows of all of them in no order.")
    return lines


def comparison_tables(found: Comparison) -> dict[str, list[dict[str, Any]]]:
    """Give the tables that the UI shows: arms, differences, worth."""
    say = Say(found)
    arms = [
        {
            "mix": " = ".join([arm.name, *arm.also]), found.metric: say.score(arm.score), "interval": f"{say.score(arm.low)} to {say.score(arm.high)}",
            "seeds": arm.seeds, "error": arm.error or "",
        }
        for arm in found.arms
    ]  # fmt: skip
    differences = [
        {
            "difference": f"{one.first} − {one.second}", "finding": FINDING[one.outcome], "estimate": say.gain(one.estimate),
            "interval": say.span(one.low, one.high), "p (Holm)": say.p(one.holm), "would be seen": say.size(one.detectable),
        }
        for one in found.contrasts
    ]  # fmt: skip
    worth = [
        {"source": one.source, "word": one.word, "share": words.percent(one.share)}
        | {title: _value(getattr(one, value), say, value) for value, title in VALUES.items()}
        for one in found.worth
    ]
    return {"arms": arms, "differences": differences, "worth": worth}


def _value(one: Estimate | None, say: Say, value: str) -> str:
    if value == "shapley":
        return say.shapley(one)
    return f"{say.gain(one.estimate)}, {say.span(one.low, one.high)}" if one else "–"


def arms_png(arms: Sequence[Arm], metric: Mapping[str, Any] | str) -> bytes | None:
    """Draw the arms with their intervals, as a PNG of a few kilobytes; None when none has a score."""
    return None
