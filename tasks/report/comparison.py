"""The report of a comparison: one HTML page that needs nothing beside itself. Every value in it is escaped by the
template engine.
"""

from collections.abc import Sequence
from typing import Any

import yaml
from markupsafe import Markup

from tasks.experiments.comparison import Arm, Comparison, Contrast, Estimate
from tasks.report import words
from tasks.report.comparison_text import FINDING, VALUES, ComparisonText
from tasks.report.page import FOLDER, template
from tasks.report.plots import Axis, axis

TITLES = {
    "leave_one_out": "What the mix loses without it",
    "add_one": "What adding it to another source brings",
    "shapley": "Shapley value",
}


def build_comparison(found: Comparison) -> str:
    """Write the page."""
    wording, scored = ComparisonText(found), [arm for arm in found.arms if arm.score is not None]
    ordered = sorted(scored, key=lambda arm: -(arm.score or 0))
    gains = [end for one in found.contrasts for end in (one.low, one.high)]
    first, _, rest = found.sentence.partition("). ")
    return template("comparison.html.j2").render(
        found=found,
        wording=wording,
        words=words,
        arms=ordered,
        finding=FINDING,
        percent=f"{100 * found.confidence:g} %",
        style=Markup((FOLDER / "style.css").read_text("utf-8")),  # noqa: S704 (our own file)
        lead=(f"{first}).", rest) if rest else (found.sentence, ""),
        figures=_figures(found, wording),
        measured=_measured(found, wording),
        answered=any(score.macro_f1 is not None for arm in scored for score in arm.by_source.values()),
        axis=axis([end for arm in scored for end in (arm.low or 0, arm.high or 0)]) if scored else None,
        repeated=lambda arm: f"{max(arm.epochs.values(), default=0):.1f} ×",
        sources=list(found.arms[0].shares) if found.arms else [],
        gain_axis=axis([0, *gains]),
        differences=_differences(found),
        heat=_heat(ordered, wording),
        values={value: title for value, title in VALUES.items() if any(getattr(one, value) for one in found.worth)},
        worth_charts=_worth_charts(found, wording),
        rules=_rules(found),
        how=_how(found),
        recipe=yaml.safe_dump(found.recipe, sort_keys=False, allow_unicode=True),
    )


def _figures(found: Comparison, wording: ComparisonText) -> list[tuple[str, str, str]]:
    named = {arm.name: arm for arm in found.arms}
    ours = named["recipe"]
    over = next((one for one in found.contrasts if one.first == "recipe" and named[one.second].kind == "source"), None)
    figures = (
        [("recipe’s mix", wording.score(ours.score), f"{wording.score(ours.low)} to {wording.score(ours.high)}")]
        if ours.score is not None
        else []
    )
    if over:
        best = named[over.second]
        figures.append(
            (
                "best single source",
                wording.score(best.score),
                next(name for name, share in best.shares.items() if share),
            )
        )
        figures.append(("gain", wording.short(wording.gain(over.estimate)), wording.span(over.low, over.high)))
    figures.append(
        ("judged on", f"{sum(found.judged.values()):,} rows", found.target or words.plural(len(found.judged), "source"))
    )
    trials = found.trials
    return [*figures, ("trials", f"{trials.run + trials.cached:,}", f"{trials.cached:,} from the store")]


def _measured(found: Comparison, wording: ComparisonText) -> str:
    where = f"on the hold-out of {found.target}" if found.target else "the mean over the hold-outs of the sources"
    lower = "; lower is better, and the better ones stand to the right" if wording.measure.lower else ""
    return f"{wording.measure.title}, {where}{lower}."


def _differences(found: Comparison) -> list[tuple[str, str, list[Contrast]]]:
    kinds = {arm.name: arm.kind for arm in found.arms}
    combining = [one for one in found.contrasts if kinds[one.second] == "source"]
    weighing = [one for one in found.contrasts if kinds[one.second] == "mix"]
    single = (
        "Mixes of several sources against the best single source. No other source alone scores higher, "
        "so beating it is beating them all."
    )
    parts = [
        ("Does combining help?", single, combining),
        ("Are these the weights?", "The recipe’s mix against the other mixes.", weighing),
    ]
    return [part for part in parts if part[2]]


def _heat(arms: Sequence[Arm], wording: ComparisonText) -> dict[str, Any] | None:
    if not arms:
        return None
    names = [*(name for name in arms[0].by_source if name != "all"), "all"]
    columns = [[arm.by_source[name].score for arm in arms] for name in names]

    def cell(at: int, score: float) -> tuple[str, float, bool]:
        low, high = min(columns[at]), max(columns[at])
        return wording.score(score), (score - low) / (high - low) if high > low else 0.5, score == high

    lines = [(arm.name, [cell(at, columns[at][number]) for at in range(len(names))]) for number, arm in enumerate(arms)]
    return {"columns": [(name, arms[0].by_source[name].rows) for name in names], "lines": lines}


def _worth_charts(
    found: Comparison, wording: ComparisonText
) -> list[tuple[str, str, Axis, list[tuple[str, Estimate]]]]:
    charts: list[tuple[str, str, Axis, list[tuple[str, Estimate]]]] = []
    for value, title in TITLES.items():
        rows = [(one.source, estimate) for one in found.worth if (estimate := getattr(one, value))]
        if rows:
            ends = [0.0, *(end for _, one in rows for end in (one.low, one.high))]
            charts.append((value, f"{title}, in nats a row" if wording.in_nats(value) else title, axis(ends), rows))
    return charts


def _rules(found: Comparison) -> list[str]:
    rules = [
        (
            "pays: the mix scores lower without it; drop: it scores higher without it; both where the interval of "
            "“left out” excludes 0."
        ),
        (
            "redundant: it can be left out, but its Shapley value is above 0: other sources bring the same. Else: "
            "cannot tell."
        ),
        f"The intervals hold for all {len(found.worth)} sources together (Bonferroni).",
    ]
    note = found.shapley
    if not note.coalitions:
        return rules
    game = {
        "trials": (
            "Shapley: a source’s share of what all sources gain over always giving the commonest answer, from "
            "trials of mixes of some of them"
        ),
        "ensemble": (
            "Shapley: a source’s share of the log likelihood that an ensemble of one model per source has "
            "over guessing; a rough guide"
        ),
    }[note.on]
    drawn = f"{note.orders} orders drawn" if note.drawn else f"all {note.coalitions:,} sets of sources"
    return [
        *rules,
        (f"{game}; {drawn}. The values sum to {note.sum:+.4f}, as they must: {note.whole:.4f} − {note.nothing:.4f}."),
    ]


def _how(found: Comparison) -> list[str]:
    budget = found.budget
    steps = f", {budget.steps:,} steps" if budget.steps else ""
    drawn, held = (
        words.percent(budget.share, 0),
        ", ".join(f"{name} {rows:,}" for name, rows in found.judged.items()),
    )
    lines = [
        (
            f"Every mix has {budget.size:,} {budget.unit}, drawn from {drawn} of the pool; {budget.learner} "
            f"learns from it{steps}."
        ),
        (
            f"Every mix is tried with the same {budget.seeds} seeds; a seed sets which rows are drawn, their order, "
            "and the start of the model."
        ),
        f"Hold-outs are the same for all; rows: {held}.",
        (
            f"{found.trials.run:,} trials run, {found.trials.cached:,} from the store: "
            f"{words.duration(found.trials.seconds)} of work."
        ),
    ]
    if budget.phases:
        lines.append("The recipe has phases; a linear classifier sees the rows of all of them shuffled together.")
    return lines
