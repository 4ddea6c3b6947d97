"""The tables that a run shows in the Prefect UI: rows of plain values, and a headline for each."""

from collections.abc import Sequence

from tasks.manifests.dropped import Figure, in_words
from tasks.manifests.plan import ReceiptRow
from tasks.manifests.profile import Drift
from tasks.objectives.parts import measures_of
from tasks.report.dag import mermaid
from tasks.report.words import consequence, percent, plural, reason_text
from tasks.store.runs import RunRecord

Table = list[dict[str, Figure]]


def receipt_table(record: RunRecord) -> Table:
    """Say what was asked of each source and what it got."""
    return _receipt(record.receipt)


def stage_receipts(record: RunRecord) -> list[Table]:
    """Say the same of each stage of a training in stages before the last."""
    return [_receipt([row for row in stage.receipt if row.rows]) for stage in record.stages[:-1]]


def _receipt(rows: Sequence[ReceiptRow]) -> Table:
    return [
        {
            "source": row.source,
            "asked": percent(row.requested),
            "used": percent(row.weight),
            "rows": row.rows,
            "of rows": percent(row.share_rows),
            "tokens": row.tokens,
            "of tokens": percent(row.share_tokens),
            "epochs": round(row.epochs, 2),
            "dropped": ", ".join(f"{count:,} {reason_text(code)}" for code, count in row.dropped.items()),
            "why": row.reason,
        }
        for row in rows
    ]


def checks_table(record: RunRecord) -> Table:
    """Say what each check found, a row per failed expectation."""
    actions = {verdict.subject: consequence(verdict) for verdict in record.verdicts}
    rows: Table = []
    for check in record.checks:
        head = {
            "subject": check.subject,
            "passed": "yes" if check.passed else "no",
            "then": actions.get(check.subject, ""),
        }
        blank = {
            "expectation": f"{check.evaluated} met",
            "column": "",
            "severity": "",
            "rows": "",
            "observed": "",
            "examples": "",
        }
        failures = [
            {
                "expectation": failure.expectation,
                "column": failure.column or "",
                "severity": failure.severity,
                "rows": failure.unexpected,
                "observed": failure.observed,
                "examples": " · ".join(failure.examples),
            }
            for failure in check.failed
        ]
        rows.extend({**head, **failure} for failure in failures or [blank])
    return rows


def drift_table(record: RunRecord) -> Table:
    """Say how far each source has moved from its snapshot before."""
    shown = [{"source": source} | _moved(drift) for source, drift in record.drift.items()]
    return [{name: cell for name, cell in row.items() if name != "labels" or record.labels} for row in shown]


def _moved(drift: Drift | None) -> dict[str, Figure]:
    if drift is None:
        return {"rows": "no previous snapshot", "new rows": "", "labels": "", "lengths": "", "words": ""}
    apart = {"labels": drift.labels, "lengths": drift.lengths, "words": drift.words}
    return {
        "rows": f"{drift.rows_before:,} → {drift.rows_now:,}",
        "new rows": "" if drift.new is None else percent(drift.new),
        **{name: "" if distance is None else distance for name, distance in apart.items()},
    }


def dropped_table(record: RunRecord) -> Table:
    """Say what each step dropped from each source, and why."""
    return [
        {
            "step": dropped.title,
            "source": source,
            "rows": sum(dropped.counts.get(source, {}).values()),
            "why": ", ".join(
                f"{count:,} {reason_text(code)}" for code, count in dropped.counts.get(source, {}).items()
            ),
            "figures": in_words(dropped.by_source.get(source, {})),
        }
        for dropped in record.dropped
        for source in dropped.sources
    ]


def scores_table(record: RunRecord) -> Table:
    """Say how the model did, per source, in total, against the baseline, and on evaluation sets."""
    if record.metrics is None:
        return []
    measured, metrics = measures_of(record.task), record.metrics
    sets = [(f"set {name}", score) for name, score in metrics.sets.items()]
    scores = [*metrics.by_source.items(), ("all", metrics), (measured.baseline, metrics.baseline), *sets]
    return [
        {
            "source": name,
            **{measure.name: measure.with_interval(score) for measure in measured.measures},
            f"to beat: {measured.baseline}": measured.main.to_beat_cell(score),
            **({"linear model": measured.main.linear_cell(score)} if metrics.linear else {}),
            "rows": "" if score.rows is None else score.rows,
        }
        for name, score in scores
    ]


def dag_text(record: RunRecord) -> str:
    """Draw the run's DAG, as Markdown."""
    counts = record.summary()["tasks"]
    counted = f"{plural(counts['run'], 'task')} run (dark), {counts['cached']} from the store (light)"
    return f"{counted}\n\n```mermaid\n{mermaid(record.tasks)}\n```\n"
