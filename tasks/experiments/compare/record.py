"""Put the record of a comparison together, with the verdict, what was left out, and what has to be known to read it."""

from collections.abc import Collection, Mapping, Sequence

from tasks.core.records import Section
from tasks.experiments.compare.curves import in_words
from tasks.experiments.compare.inputs import CoalitionGame, add_one_mixes, leave_one_out_mixes
from tasks.experiments.compare.settings import ALL_ROWS, ONLY, PROPORTIONAL, RECIPE
from tasks.experiments.compare.valuation_trials import coalitions_tried
from tasks.experiments.compare.verdict import listed, verdict
from tasks.experiments.comparison import Arm, ArmScores, Budget, Comparison, Findings, Foresight, TrialCounts
from tasks.experiments.leak import Leak
from tasks.experiments.mixes import Mix, size_of, without_size
from tasks.experiments.valuation import SourceValue, Value
from tasks.manifests.manifest import Account
from tasks.objectives.measuring import Measure
from tasks.objectives.parts import measure_named
from tasks.store.runs import RunStart

MANY = 10
"""An arm that repeats a source's rows more often than this is worth a note."""


class ComparisonRun(Section):
    """What a comparison was asked for and what became of it, as far as the flow knows."""

    mixes: dict[str, Mix]
    """Arm -> its mix, arms of equal mixes once."""
    also: dict[str, tuple[str, ...]]
    failed: dict[str, str]
    """Arm -> what stopped it."""
    trials: TrialCounts
    cost: tuple[tuple[Mix, int, float], ...]
    """Mix, its trials and their seconds."""
    left_out: tuple[str, ...]
    notes: tuple[str, ...]
    budget: Budget
    game: CoalitionGame | None
    target: str | None
    sets: tuple[str, ...] = ()
    confidence: float
    margin: float
    beforehand: Foresight | None = None
    finished: str = ""
    seconds: float = 0.0


def comparison_record(
    start: RunStart, run: ComparisonRun, findings: Findings, accounts: Sequence[Account]
) -> Comparison:
    """Put the record together.

    Args:
        accounts: of the pool that trials draw from.
    """
    arms = tuple(_arm(name, mix, run, findings, accounts) for name, mix in run.mixes.items()) + tuple(
        Arm(name=name, kind="source" if name.startswith(ONLY) else "mix", error=why)
        for name, why in run.failed.items()
        if name not in run.mixes
    )
    outcome, sentence = verdict(arms, findings, run.target, run.confidence)
    return Comparison(
        **dict(start),
        finished=run.finished,
        seconds=run.seconds,
        metric=findings.metric,
        target=run.target,
        judged=findings.judged,
        budget=run.budget,
        confidence=run.confidence,
        arms=arms,
        margin=run.margin,
        contrasts=findings.contrasts,
        at_home=findings.at_home,
        one_for_each=findings.one_for_each,
        on_sets=findings.on_sets,
        curves=findings.curves,
        worth=_priced_values(run, findings),
        shapley=findings.shapley,
        baselines=findings.baselines,
        disagreements=findings.disagreements,
        beforehand=run.beforehand,
        leaks=findings.leaks,
        outcome=outcome,
        sentence=sentence,
        notes=(*run.notes, *_notes(arms, run, findings)),
        left_out=run.left_out,
        trials=run.trials,
    )


def _arm(name: str, mix: Mix, run: ComparisonRun, findings: Findings, accounts: Sequence[Account]) -> Arm:
    shares = dict(without_size(mix))
    held = {account.source: account.rows if run.budget.unit == "rows" else account.tokens for account in accounts}
    scores = findings.arms.get(name, ArmScores())
    scored = Arm(
        **dict(scores),
        name=name,
        kind="source" if len(shares) == 1 else "mix",
        size=size_of(mix),
        also=run.also.get(name, ()),
        shares={account.source: shares.get(account.source, 0.0) for account in accounts},
        epochs=dict.fromkeys(shares, 1.0)
        if name == ALL_ROWS
        else {
            source: share * run.budget.size / held[source] for source, share in shares.items() if share and held[source]
        },
    )
    return scored.model_copy(update={"error": run.failed[name]}) if name in run.failed else scored


def _priced_values(run: ComparisonRun, findings: Findings) -> tuple[SourceValue, ...]:
    """Say what the trials behind each value took; those of a mix count for every value that needs them."""
    if not findings.worth:
        return ()
    mix, cost = run.mixes[RECIPE], {mix: (trials, seconds) for mix, trials, seconds in run.cost}
    game = set(coalitions_tried(mix, run.game)) if run.game else set[Mix]()
    left_out = {name: {mix, without} for name, without in leave_one_out_mixes(mix).items()}
    needed: dict[Value, Mapping[str, set[Mix]]] = {
        "leave_one_out": left_out,
        "elsewhere": left_out,
        "home": left_out,
        "add_one": {
            name: {tried for pair in pairs for tried in pair} for name, pairs in add_one_mixes(mix, run.target).items()
        },
        "shapley": {value.source: game for value in findings.worth},
    }
    return tuple(_priced(value, needed, cost) for value in findings.worth)


def _priced(
    worth: SourceValue, needed: Mapping[Value, Mapping[str, set[Mix]]], cost: Mapping[Mix, tuple[int, float]]
) -> SourceValue:
    used = {
        value: [cost[mix] for mix in mixes[worth.source] if mix in cost]
        for value, mixes in needed.items()
        if getattr(worth, value) is not None
    }
    trials = {value: sum(count for count, _ in costs) for value, costs in used.items()}
    seconds = {value: round(sum(took for _, took in costs), 2) for value, costs in used.items()}
    return worth.model_copy(update={"trials": trials, "seconds": seconds})


def _notes(arms: Sequence[Arm], run: ComparisonRun, findings: Findings) -> list[str]:
    notes = [_on_leak(leak, measure_named(findings.metric)) for leak in findings.leaks]
    names = {arm.name for arm in arms} | {name for arm in arms for name in arm.also}
    if PROPORTIONAL in names:
        notes.append(_on_concatenating(names, run.budget))
    measure = measure_named(findings.metric)
    notes += [in_words(curve, run.budget.unit, measure, run.margin) for curve in findings.curves]
    notes += [f"{arm.name} and {', '.join(arm.also)} are the same mix; it was tried once." for arm in arms if arm.also]
    notes += [
        f"{source} has no row labelled {', '.join(labels)}: alone it cannot teach that."
        for source, labels in findings.lacking.items()
    ]
    notes += _on_worth(findings)
    judged, sources = (
        findings.judged,
        [name for name in (arms[0].by_source if arms else {}) if name not in ("all", *run.sets)],
    )
    if judged and not run.target and (few := [name for name in sources if name not in judged]):
        notes.append(f"Too few hold-out rows to count in the mean over the sources: {', '.join(few)}.")
    empty = [name for name in run.budget.empty_holdout if name not in sources]
    if empty:
        notes.append(f"No hold-out rows, so not measured: {', '.join(empty)}.")
    often = [
        f"{arm.name} ({max(arm.epochs.values()):.0f} times)"
        for arm in arms
        if arm.epochs and max(arm.epochs.values()) > MANY
    ]
    if often:
        notes.append(f"At equal budget these arms repeat the rows of a small source often: {', '.join(often)}.")
    ours = next(arm for arm in arms if arm.name == RECIPE)
    if out := [name for name, share in ours.shares.items() if not share]:
        notes.append(f"Without a share in the recipe's mix, so without a value: {', '.join(out)}.")
    return notes


def _on_leak(leak: Leak, measure: Measure) -> str:
    """Say what seems to stand where, and what to do about it."""
    first = leak.examples[0]
    return (
        f"The hold-out of {leak.source} seems to stand in {leak.there} in other words: a model of that source predicts "
        f"it better than one of its own rows ({measure.gain_text(leak.estimate)}, "
        f"{measure.range_text(leak.low, leak.high)}), and to {leak.near:,} of its {leak.rows:,} rows one row there is "
        f"nearer than chance brings one in a hundred, such as {first.row}: {first.text!r} to {first.there}: "
        f"{first.text_there!r}. If so, what is said of {leak.source} is false. Remedy: semantic_duplicates, a lower "
        f"near_duplicates.threshold, or one of the two left out."
    )


def _on_concatenating(names: Collection[str], budget: Budget) -> str:
    """Say what the proportional mix is of what concatenating the sources gives."""
    if budget.share == 1 and budget.size == budget.whole:
        return "Concatenating the sources, every row once, is the proportional mix; it is not run twice."
    told = (
        f"Concatenating the sources, every row once, would give {budget.whole:,} {budget.unit} in the proportions of "
        f"the proportional mix, which has {budget.size:,} here"
    )
    if budget.size >= budget.whole:
        return f"{told}, some of them more than once."
    return f"{told}; " + ("the arm all-rows is that." if ALL_ROWS in names else "--arms all-rows tries that, too.")


def _on_worth(findings: Findings) -> list[str]:
    """Say whose labels the others contradict, and which sources may go together."""
    notes = [
        f"The labels of {value.source} contradict the other sources: models of theirs agree with them "
        f"{100 * -value.agreement.estimate:.1f} points less often than chance would "
        f"({100 * -value.agreement.high:.1f} to {100 * -value.agreement.low:.1f}). Look at some of its rows."
        for value in findings.worth
        if value.agreement and value.agreement.high < 0
    ]
    spare = findings.spare
    if spare and spare.cost:
        rest = [name for name in spare.of if name not in spare.sources]
        notes.append(
            f"{listed(spare.sources)} may be left out together: that costs less than the margin."
            + (
                f" {listed(rest)} may be left out instead, but were not shown to be redundant beside them."
                if rest
                else ""
            )
        )
    elif spare:
        tried = "was not tried" if not spare.tried else "was not shown"
        notes.append(f"{listed(spare.of)} may each be left out; that two of them may go together {tried}.")
    return notes
