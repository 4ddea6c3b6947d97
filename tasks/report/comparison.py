"""The report of a comparison: one HTML page that needs nothing beside itself. Every value in it is escaped by the
template engine.
"""

from collections.abc import Sequence
from typing import Any

import yaml
from markupsafe import Markup

from tasks.experiments.compare.beforehand import in_words
from tasks.experiments.compare.settings import ALL_ROWS, WITHOUT
from tasks.experiments.comparison import Arm, Comparison, Contrast
from tasks.experiments.valuation import Estimate
from tasks.objectives.parts import measured_where
from tasks.report import words
from tasks.report.comparison_text import FINDING, VALUES, ComparisonText
from tasks.report.page import FOLDER, template
from tasks.report.plots import Axis, axis, growth

TITLES = {
    "leave_one_out": "What the mix loses without it",
    "elsewhere": "What the mix loses without it on the hold-outs of the others",
    "home": "What the mix loses without it on its own hold-out",
    "add_one": "What adding it to another source brings",
    "shapley": "Shapley value",
}


def build_comparison(comparison: Comparison) -> str:
    """Write the page."""
    wording, scored = ComparisonText(comparison), [arm for arm in comparison.arms if arm.score is not None]
    ordered = sorted(scored, key=lambda arm: -(arm.score or 0))
    gains = [end for contrast in comparison.contrasts for end in (contrast.low, contrast.high)]
    first, _, rest = comparison.sentence.partition("). ")
    return template("comparison.html.j2").render(
        comparison=comparison,
        wording=wording,
        words=words,
        arms=ordered,
        finding=FINDING,
        percent=f"{100 * comparison.confidence:g} %",
        style=Markup((FOLDER / "style.css").read_text("utf-8")),  # noqa: S704 (our own file)
        lead=(f"{first}).", rest) if rest else (comparison.sentence, ""),
        figures=_figures(comparison, wording),
        measured=_measured(comparison, wording),
        answered=measured_where(comparison.metric).answers is not None,
        axis=axis([end for arm in scored for end in (arm.low or 0, arm.high or 0)]) if scored else None,
        repeated=lambda arm: f"{max(arm.epochs.values(), default=0):.1f} ×",
        growth=growth(comparison.curves),
        sources=list(comparison.arms[0].shares) if comparison.arms else [],
        gain_axis=axis([0, *gains]),
        differences=_differences(comparison),
        set_axis=axis([0, *(end for one in comparison.on_sets for end in (one.low, one.high))]),
        home_axis=axis([0, *(end for home in comparison.at_home for end in (home.low, home.high))]),
        margin=wording.size(comparison.margin),
        heat=_heat(ordered, wording),
        baseline=measured_where(comparison.metric).baseline,
        values={value: VALUES[value] for value in wording.values},
        worth_charts=_worth_charts(comparison, wording),
        rules=_rules(comparison),
        how=_how(comparison),
        recipe=yaml.safe_dump(comparison.recipe, sort_keys=False, allow_unicode=True),
    )


def _figures(comparison: Comparison, wording: ComparisonText) -> list[tuple[str, str, str]]:
    named = {arm.name: arm for arm in comparison.arms}
    ours = named["recipe"]
    over = next(
        (
            contrast
            for contrast in comparison.contrasts
            if contrast.first == "recipe" and named[contrast.second].kind == "source"
        ),
        None,
    )
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
        figures.append(("gain over it", wording.short(wording.gain(over.estimate)), wording.span(over.low, over.high)))
    figures.append(
        (
            "judged on",
            f"{sum(comparison.judged.values()):,} rows",
            comparison.target or words.plural(len(comparison.judged), "source"),
        )
    )
    trials = comparison.trials
    return [*figures, ("trials", f"{trials.run + trials.cached:,}", f"{trials.cached:,} from the store")]


def _measured(comparison: Comparison, wording: ComparisonText) -> str:
    target = comparison.target
    where = f"on the hold-out of {target}" if target else "the mean over the hold-outs of the sources"
    if target in {one.name for one in comparison.on_sets}:
        where = f"on the evaluation set {target}"
    lower = "; lower is better, and the better ones stand to the right" if wording.measure.lower else ""
    return f"{wording.measure.title}, {where}{lower}."


def _differences(comparison: Comparison) -> list[tuple[str, str, list[Contrast]]]:
    kinds = {arm.name: arm.kind for arm in comparison.arms}
    made = [contrast for contrast in comparison.contrasts if contrast.second in WITHOUT]
    more = [contrast for contrast in comparison.contrasts if contrast.first == ALL_ROWS]
    rest = [contrast for contrast in comparison.contrasts if contrast not in [*made, *more]]
    combining = [contrast for contrast in rest if kinds[contrast.second] == "source"]
    weighing = [contrast for contrast in rest if kinds[contrast.second] == "mix"]
    single = (
        "Mixes of several sources against the best single source, as one model for all that is judged on. The interval "
        "holds whichever source is best: better is said where every source alone is beaten, worse where one of them is "
        "better after correction for all pairs of mix and source."
    )
    parts = [
        ("Does combining help?", single, combining),
        (
            "Are these the weights?",
            "The recipe’s mix against the other mixes. The intervals hold for all of them together.",
            weighing,
        ),
        (
            "Does what the run makes pay?",
            f"The recipe’s mix against itself without {' and without '.join(WITHOUT[one.second] for one in made)}.",
            made,
        ),
        (
            "Would more rows help?",
            "Every row once against the mix of these proportions, or the recipe’s, that has the budget of all others.",
            more,
        ),
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
    comparison: Comparison, wording: ComparisonText
) -> list[tuple[str, str, Axis, list[tuple[str, Estimate]]]]:
    charts: list[tuple[str, str, Axis, list[tuple[str, Estimate]]]] = []
    for value in wording.values:
        title = TITLES[value]
        rows = [(source.source, estimate) for source in comparison.worth if (estimate := getattr(source, value))]
        if rows:
            ends = [0.0, *(end for _, estimate in rows for end in (estimate.low, estimate.high))]
            charts.append((value, f"{title}, in nats a row" if wording.in_nats(value) else title, axis(ends), rows))
    return charts


def _rules(comparison: Comparison) -> list[str]:
    margin, where = ComparisonText(comparison).size(comparison.margin), "on the hold-outs of the others"
    if comparison.target or not any(source.elsewhere for source in comparison.worth):
        where = "there"
    rules = [
        (
            f"pays: the mix scores lower {where} without it. drop: it scores higher {where} without it, or its "
            "Shapley value is below 0 and leaving it out does not seem to cost anything. pays at home: the mix scores "
            f"lower without it on the source’s own hold-out alone. redundant: leaving it out costs less than {margin}. "
            "Else: cannot tell. Each word comes from an interval."
        ),
        f"The intervals of a column hold for all {len(comparison.worth)} sources together (max-T).",
    ]
    note = comparison.shapley
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


def _how(comparison: Comparison) -> list[str]:
    budget = comparison.budget
    steps = f", {budget.steps:,} steps" if budget.steps else ""
    drawn, held = (
        words.percent(budget.share, 0),
        ", ".join(f"{name} {rows:,}" for name, rows in comparison.judged.items()),
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
            "Intervals are over seeds and hold-out rows. Each source’s sample is taken as fixed: what another sample "
            "of the same source would have given is in no interval."
        ),
        (
            f"{comparison.trials.run:,} trials run, {comparison.trials.cached:,} from the store: "
            f"{words.duration(comparison.trials.seconds)} of work."
        ),
    ]
    if comparison.beforehand:
        lines += [f"Said beforehand. {line}" for line in in_words(comparison.beforehand)]
    if budget.phases:
        lines.append("The recipe has phases; a linear classifier sees the rows of all of them shuffled together.")
    return lines
