"""What follows from failed checks: each subject's policy makes a verdict of its result."""

from collections.abc import Collection, Sequence

from tasks.check.settings import ChecksSettings, Policy
from tasks.core.errors import QualityGate
from tasks.manifests.check import CheckResult, Failure, Verdict

REMEDY = "mend the data, relax the check, or set another policy in checks.policies"
MIX = "mix"
SHOWN = 3
"""Examples told of each failure."""


def verdicts(
    results: Sequence[CheckResult], settings: ChecksSettings, empty: Collection[str] = (), *, mixes: bool = False
) -> tuple[Verdict, ...]:
    """Judge every result by its subject's policy.

    Args:
        empty: subjects without a row; where the run goes on, it goes on without them, whatever the policy.
        mixes: whether they are results of the mix, or of those of several stages, whose policy is that of `mix`.

    Raises:
        QualityGate: subjects whose policy is to stop have failed (all of them are told), or no source is left.
    """
    policies: dict[str, Policy] = {
        result.subject: _policy(MIX if mixes else result.subject, settings) for result in results
    }
    judged = [_left_out(_verdict(result, policies[result.subject]), result.subject in empty) for result in results]
    if stopped := [verdict for verdict in judged if verdict.action == "stop"]:
        names = ", ".join(verdict.subject for verdict in stopped)
        raise QualityGate(
            f"checks failed for {names}:\n{_listed(stopped)}\n  remedy: {REMEDY}",
            failed=[verdict.subject for verdict in stopped],
        )
    if judged and not any(verdict.factor for verdict in judged):
        names = ", ".join(verdict.subject for verdict in judged)
        raise QualityGate(f"the checks leave no source to mix ({names}):\n{_listed(judged)}\n  remedy: {REMEDY}")
    return tuple(judged)


def _verdict(result: CheckResult, action: Policy) -> Verdict:
    """Judge one result.

    Factors: quarantine 0, downweight the pass rate, all else 1. A downweight without a row that fails has nothing to go
        by: a warning.
    """
    reason = "; ".join(
        _in_words(failure) for failure in result.failed if failure.severity == "critical" or result.passed
    )
    if result.passed:
        return Verdict(subject=result.subject, action="warn" if result.failed else "keep", reason=reason)
    if action == "downweight" and result.pass_rate == 1:
        return Verdict(
            subject=result.subject,
            action="warn",
            reason=f"{reason}; downweight changes nothing, as no row by itself fails",
        )
    factor = {"quarantine": 0.0, "downweight": result.pass_rate}.get(action, 1.0)
    return Verdict(subject=result.subject, action=action, factor=factor, reason=reason)


def _left_out(verdict: Verdict, empty: bool) -> Verdict:
    if not empty or verdict.action == "stop":
        return verdict
    return verdict.model_copy(update={"action": "quarantine", "factor": 0.0})


def _policy(subject: str, settings: ChecksSettings) -> Policy:
    policy = settings.policies.get(subject, settings.on_failure)
    return "stop" if subject == MIX and policy in ("quarantine", "downweight") else policy


def _listed(judged: Sequence[Verdict]) -> str:
    return "\n".join(f"  {verdict.subject}: {verdict.reason}" for verdict in judged)


def _in_words(failure: Failure) -> str:
    column = f" on {failure.column}" if failure.column else ""
    examples = f" ({'; '.join(failure.examples[:SHOWN])})" if failure.examples else ""
    return f"{failure.expectation}{column}: {failure.observed}{examples}"
