"""What the report says in words: the headline, the figures under it, and the names of reasons."""

from tasks.manifests.check import CheckResult, Verdict
from tasks.manifests.dropped import Dropped, Figure, figure_text
from tasks.manifests.manifest import Account
from tasks.manifests.model import ModelFacts
from tasks.manifests.weights import WeightsFacts
from tasks.objectives.parts import measures_of
from tasks.rows.files import HOLDOUT, VALIDATION
from tasks.store.runs import RunRecord, TaskNote

SMALL = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
REASONS = {
    "quarantined": "bad rows, kept in quarantine",
    "label_left_out": "label left out by the recipe",
    "where": "did not meet the source's `where`",
    "empty_text": "empty text",
    "too_short": "text too short",
    "too_long": "text too long",
    "not_selected": "not like the target's rows",
    "not_in_stage": "not learned from in this stage",
    "few_words": "too few words",
    "many_words": "too many words",
    "many_tokens": "too many words and signs",
    "short_words": "words too short",
    "long_words": "words too long",
    "few_letters": "too few letters",
    "many_digits": "too many digits",
    "many_capitals": "too many capitals",
    "many_signs": "too many signs",
    "few_stop_words": "too few common words",
    "other_language": "another language",
    "repeated_lines": "repeats its lines",
    "repeated_paragraphs": "repeats its paragraphs",
    "repeated_words": "repeats runs of words",
    "placeholder_text": "placeholder text",
    "curly_bracket": "has curly brackets",
    "few_sentences": "too few sentences",
    "few_sentence_lines": "lines do not end like sentences",
    "repeated_line_chars": "much of it in repeated lines",
    "short_lines": "most lines short",
    "generated_code": "generated code",
    "long_lines": "lines too long",
    "few_code_letters": "too few letters for code",
    "few_comments": "too few comments",
    "many_comments": "too many comments",
    "not_python": "Python cannot parse it",
    "personal_data": "holds personal data",
    "exact_duplicate": "repeats a row of the same source",
    "cross_source_duplicate": "repeats a row of an earlier source",
    "in_holdout": "equal to a hold-out row",
    "holdout_duplicate": "repeats a hold-out row",
    "in_validation": "equal to a validation row",
    "validation_duplicate": "repeats a validation row",
    "near_duplicate": "nearly repeats another row",
    "near_holdout": "nearly repeats a hold-out row",
    "near_validation": "nearly repeats a validation row",
    "semantic_duplicate": "means the same as another row",
    "semantic_holdout": "means the same as a hold-out row",
    "semantic_validation": "means the same as a validation row",
    "low_quality": "least like the good sources",
    "perplexing": "surprises a model of clean text",
    "unchanged": "came out as it was",
    "made_before": "came out as another new row",
    "no_rule": "no rule for its label holds",
    "unsure_label": "the teacher is not sure of its label",
    "label_contradicted": "its label is probably wrong",
    "in_benchmark": "shares a run of words with a benchmark",
    "near_benchmark": "nearly repeats a benchmark row",
    "in_holdout_ngram": "shares a run of words with a hold-out row",
    "in_validation_ngram": "shares a run of words with a validation row",
}
SIDES = {HOLDOUT: "hold-out"}
STATEMENT_END = (
    (HOLDOUT, "kept aside to measure on"),
    (VALIDATION, "kept aside to choose the checkpoint by"),
    ("rows", "may be mixed"),
)


def reason_text(code: str) -> str:
    """Say a reason code in words; an unknown one as it is."""
    return REASONS.get(code, code.replace("_", " "))


def place(name: str) -> str:
    """Say where a row stands that a dropped one repeats: a source, a side of one, or a benchmark."""
    side, _, source = name.rpartition("/")
    return f"{source}, {SIDES.get(side, side)}" if side else source


def step_table(dropped: Dropped) -> tuple[list[str], list[tuple[str, list[Figure]]]]:
    """Lay out what a step says of each source: columns, and the source with its values.

    Rows dropped come first, a column a reason, then the figures.
    """
    codes = list(dict.fromkeys(code for reasons in dropped.counts.values() for code in reasons))
    names = list(dict.fromkeys(name for figures in dropped.by_source.values() for name in figures))
    lines: list[tuple[str, list[Figure]]] = []
    for source in dropped.sources:
        reasons, own = dropped.counts.get(source, {}), dropped.by_source.get(source, {})
        lines.append((source, [*map(reasons.get, codes), *map(own.get, names)]))
    return [*map(reason_text, codes), *names], lines


def plural(count: int, noun: str) -> str:
    """Write a count with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def percent(share: float, digits: int = 1) -> str:
    """Write a share as a percentage."""
    return f"{100 * share:.{digits}f} %"


def duration(seconds: float) -> str:
    """Write a time span for people."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def moment(iso: str) -> str:
    """Write a point in time to the minute."""
    return f"{iso[:10]} {iso[11:16]} {'UTC' if iso.endswith(('+00:00', 'Z')) else iso[-6:]}"


def headline(record: RunRecord) -> str:
    """Say in a few sentences what came of the run."""
    if record.status == "failed":
        stopped = stopping(record)
        where = f" in {stopped[0].name} ({stopped[0].subject})" if stopped else ""
        return (
            f"The run failed{where}. {'The mix was published before that.' if record.mix else 'Nothing was published.'}"
        )
    unreached = [f"{source.source} {source.done}." for source in record.unreached]
    return " ".join([_mixed(record), *unreached, _scored(record), _checked(record.checks)])


def stopping(record: RunRecord) -> list[TaskNote]:
    """Give the tasks that a failed run could not go on from."""
    return [note for note in record.tasks if note.state not in ("run", "cached", "unreached")]


def _mixed(record: RunRecord) -> str:
    if record.mix is None:
        return "The run ended before the mix, as asked."
    count = sum(row.rows > 0 for row in record.receipt)
    sources = f"{SMALL[count] if count < len(SMALL) else count} source{'' if count == 1 else 's'}"
    made = _made(record)
    new = f", from which {made:,} new ones were made" if made else ""
    staged = f" for the last of {len(record.stages)} stages of training" if record.stages else ""
    return f"{sources} became one mix of {record.mix.rows - made:,} rows{new}{staged}."


def _made(record: RunRecord) -> int:
    """Count the rows that were made from those of the mix, and follow them."""
    return sum(sum(one.rows.values()) for one in record.augmented)


def _scored(record: RunRecord) -> str:
    if record.metrics is None:
        return "No model was trained."
    measured, baseline = measures_of(record.task), record.metrics.baseline
    main, total = measured.main, record.metrics.measures[measured.main.key]
    low, high = total.interval or (total.value, total.value)
    to_beat = baseline.measures[main.key].value
    worst, best = baseline.gain_interval or (low - to_beat, high - to_beat)
    beaten = measured.baseline_does if baseline.label is None else f"always answering “{baseline.label}”"
    scored = f"The model trained on it {measured.does.format(main.say(total.value))} ({main.between(low, high)})"
    reached = main.say(to_beat)
    against = f", against {reached} for {beaten}." if worst > 0 else f", worse than the {reached} of {beaten}."
    if worst <= 0 <= best:
        against = f": no detectable difference from {beaten} ({reached})."
    cut = f"The training was {record.training.cut}." if record.training and record.training.cut else ""
    return " ".join(filter(None, [f"{scored}{against}", measured.beside_linear(record.metrics), cut]))


def _checked(checks: tuple[CheckResult, ...]) -> str:
    failed = [check.subject for check in checks if not check.passed]
    if not checks:
        return "Nothing was checked."
    if not failed:
        return "It passed its check." if len(checks) == 1 else f"All {len(checks)} checks passed."
    return f"{len(failed)} of {len(checks)} checks failed: {', '.join(failed)}."


def consequence(verdict: Verdict) -> str:
    """Say what the failure policy made of a check; empty when nothing."""
    consequences = {
        "keep": "",
        "warn": "kept, with a warning",
        "quarantine": "left out",
        "downweight": f"weight × {verdict.factor:.2f}",
    }
    return consequences.get(verdict.action, verdict.action)


def figures(record: RunRecord) -> list[tuple[str, str, str]]:
    """Give the few numbers to see first: what, how much, and a remark."""
    shown: list[tuple[str, str, str]] = []
    if record.mix:
        made = _made(record)
        tokens = f"{record.mix.tokens:,} tokens"
        told = f"and {made:,} made from them; {tokens} in all" if made else tokens
        shown.append(("rows in the mix", f"{record.mix.rows - made:,}", told))
    if record.metrics:
        measured, scores, to_beat = measures_of(record.task), record.metrics.measures, record.metrics.baseline.measures
        shown += [
            (
                measure.name,
                measure.say(scores[measure.key].value),
                f"{measure.against or measured.baseline} {measure.say(to_beat[measure.key].value)}",
            )
            for measure in measured.measures
        ]
    if record.checks:
        passed = sum(check.passed for check in record.checks)
        shown.append(
            (
                "checks passed",
                f"{passed} of {len(record.checks)}",
                ", ".join(c.subject for c in record.checks if not c.passed),
            )
        )
    counts = record.summary()["tasks"]
    shown.append(
        ("time", duration(record.seconds), f"{plural(counts['run'], 'task')} run, {counts['cached']} from the store")
    )
    return shown


def training_facts(facts: ModelFacts) -> list[str]:
    """Say what a training was, each fact in words."""
    told = [
        facts.architecture,
        f"{facts.parameters:,} parameters",
        f"{facts.learning:,} of them or of their updates learned" if facts.learning else "",
        f"{facts.steps:,} optimiser steps" + (f" of {facts.planned:,} planned" if facts.planned else ""),
        f"published as of step {facts.kept:,}, the best by the validation rows" if facts.kept else "",
        f"{facts.epochs:.3g} times through the mix",
        f"{facts.examples:,} examples of {facts.tokens:,} tokens",
        f"{facts.truncated:,} of them cut at {facts.max_tokens:,} tokens" if facts.truncated else "",
        f"every batch in {facts.accumulate} parts, for memory" if facts.accumulate > 1 else "",
    ]
    return [text for text in told if text]


def statement(accounts: tuple[Account, ...]) -> list[tuple[str, str, list[int]]]:
    """Lay accounts out as a statement: kind of line, its name, and a number per source and in total.

    Kinds are `read`, `out` (left on the way), `left` (what is left) and `sum` (all but the first, equal to the first).
    """
    codes = list(dict.fromkeys(code for account in accounts for code in account.dropped))
    lines = [("read", "read", [account.read for account in accounts])]
    if any(account.quarantined for account in accounts):
        lines.append(("out", reason_text("quarantined"), [account.quarantined for account in accounts]))
    lines += [("out", reason_text(code), [account.dropped.get(code, 0) for account in accounts]) for code in codes]
    ends = [(field, text, [getattr(account, field) for account in accounts]) for field, text in STATEMENT_END]
    lines += [("left", text, counts) for field, text, counts in ends if field != VALIDATION or any(counts)]
    total = [sum(column) for column in zip(*(counts for _, _, counts in lines[1:]), strict=True)]
    return [
        (kind, text, [*counts, sum(counts)])
        for kind, text, counts in [*lines, ("sum", "sum, equal to the rows read", total)]
    ]


def evidence(weights: WeightsFacts | None) -> list[tuple[str, list[str], list[list[str]]]]:
    """Lay out what the weights were settled from: for each phase a title, columns and rows, a source each.

    Args:
        weights: with phases always their shares are shown, else only figures that are there.
    """
    phases = weights.stretches if weights else ()
    tables: list[tuple[str, list[str], list[list[str]]]] = []
    for number, phase in enumerate(phases, 1):
        shares: list[dict[str, Figure]] = [{"source": name, "weight": share} for name, share in phase.weights.items()]
        rows = phase.why or (shares if len(phases) > 1 else [])
        columns = list(dict.fromkeys(column for row in rows for column in row))
        cells = [[figure_text(row.get(column)) for column in columns] for row in rows]
        of_phase = f"Phase {number}: {percent(phase.share)} of the mix"
        if cells:
            tables.append((of_phase if len(phases) > 1 else f"Figures behind {phase.method['kind']}", columns, cells))
    return tables
