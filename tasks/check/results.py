"""What expectations said, as our records: failures with examples, counts, the share of good rows, lines for a table."""

from collections.abc import Sequence

import polars as pl

from tasks.check.facts import columns_of
from tasks.check.run import Outcome, share_meeting
from tasks.core.unseen import unseen
from tasks.manifests.check import CheckResult, Failure
from tasks.manifests.dropped import Figure

EXAMPLES = 5
SHOWN_CHARS = 200


def result_of(subject: str, frame: pl.DataFrame, outcomes: Sequence[Outcome]) -> CheckResult:
    """Sum up what the expectations said about a subject.

    The pass rate is the share of rows that meet every row-wise expectation of critical severity.

    Args:
        frame: the facts that they looked at.
    """
    critical = [outcome for outcome in outcomes if not outcome.passed and outcome.expectation.severity == "critical"]
    return CheckResult(
        subject=subject,
        passed=not critical,
        evaluated=len(outcomes),
        failed=tuple(_failure(outcome, frame) for outcome in outcomes if not outcome.passed),
        pass_rate=share_meeting(frame, [outcome for outcome in critical if outcome.row_wise]),
    )


def of_nothing(result: CheckResult, why: str) -> CheckResult:
    """Say of a subject without a row why it has none."""
    [failure] = result.failed
    return result.model_copy(update={"failed": (failure.model_copy(update={"observed": f"no row is left: {why}"}),)})


def table_of(outcomes: Sequence[Outcome], frame: pl.DataFrame) -> list[dict[str, Figure]]:
    """List all expectations, one a line, for people."""
    return [
        {
            "expectation": named(outcome),
            "column": ", ".join(columns_of(outcome.expectation)),
            "severity": outcome.expectation.severity,
            "result": _word(passed=outcome.passed),
            "observed": observed(outcome),
            "examples": "" if outcome.passed else "; ".join(examples(outcome, frame)),
        }
        for outcome in outcomes
    ]


def summary_of(result: CheckResult) -> dict[str, Figure]:
    """Put one subject's result into one line."""
    failed = "; ".join(f"{failure.expectation} ({failure.severity})" for failure in result.failed)
    good = f"{100 * result.pass_rate:.4g} %"
    return {
        "subject": result.subject,
        "result": _word(passed=result.passed),
        "expectations": result.evaluated,
        "good rows": good,
        "failed": failed,
    }


def _word(*, passed: bool) -> str:
    return "passed" if passed else "FAILED"


def _failure(outcome: Outcome, frame: pl.DataFrame) -> Failure:
    column = outcome.expectation.kwargs.get("column")
    everywhere = frame.height if outcome.row_wise and outcome.error else 0
    return Failure(
        expectation=named(outcome),
        column=str(column) if column is not None else None,
        severity=outcome.expectation.severity,
        observed=observed(outcome),
        unexpected=outcome.result.get("unexpected_count", everywhere) if outcome.row_wise else 0,
        examples=tuple(examples(outcome, frame)),
    )


def named(outcome: Outcome) -> str:
    """Write an expectation as a call, without its column."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in outcome.expectation.kwargs.items() if name != "column")
    return f"{outcome.expectation.type}({printable(unseen(arguments))})"


def observed(outcome: Outcome) -> str:
    """Say in a few words what there was."""
    if outcome.error:
        return f"cannot be evaluated: {printable(unseen(outcome.error))}"
    if outcome.row_wise:
        counts = outcome.result
        return f"{counts['unexpected_count']:,} of {counts['element_count']:,} rows" if counts else "no rows"
    if missing := outcome.result.get("partial_missing_list"):
        return f"missing: {printable(', '.join(map(str, missing)))}"
    if not outcome.passed and (strange := outcome.result.get("partial_unexpected_list")):
        return f"unexpected: {printable(', '.join(map(str, strange)))}"
    seen = outcome.result.get("observed_value")
    return ("as expected" if outcome.passed else "not as expected") if seen is None else printable(str(seen))


def examples(outcome: Outcome, frame: pl.DataFrame) -> list[str]:
    """Show a few rows that do not meet a row-wise expectation: where they come from, and what stands in the columns
    looked at.
    """
    columns = [name for name in dict.fromkeys(columns_of(outcome.expectation)) if name in frame.columns]
    places = outcome.result.get("partial_unexpected_index_list", [])[:EXAMPLES] if outcome.row_wise else []
    return [
        f"{printable(str(row.get('row_id')))}: {', '.join(f'{name} = {_shown(row[name])}' for name in columns)}"
        for row in frame[places].iter_rows(named=True)
    ]


def printable(text: str) -> str:
    """Make a text harmless on a terminal: one line, no control characters, not too long."""
    cut = text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 1]}…"
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in cut)


def _shown(value: object) -> str:
    return f"'{printable(value)}'" if isinstance(value, str) else str(value)
