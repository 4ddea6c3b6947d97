"""What follows from failed checks: each subject's policy makes a verdict of its result."""

from collections.abc import Sequence

from tasks.check.settings import ChecksSettings
from tasks.errors import QualityGate
from tasks.records import CheckResult, Failure, Verdict


def verdicts(results: Sequence[CheckResult], settings: ChecksSettings) -> tuple[Verdict, ...]:
    """Judge every result by its subject's policy.

    Raises:
        QualityGate: subjects whose policy is to stop have failed; all of them are told.
    """
    stopped = [result for result in results if not result.passed and _policy(result.subject, settings) == "stop"]
    if stopped:
        told = "\n".join(f"  {result.subject}: {_told(failure)}" for result in stopped for failure in _critical(result))
        names = ", ".join(result.subject for result in stopped)
        raise QualityGate(
            f"checks failed for {names}:\n{told}\n  remedy: mend the data, relax the check, or set checks.policies to warn, quarantine or downweight",
            failed=[result.subject for result in stopped],
        )
    return tuple(_verdict(result, settings) for result in results)


def _policy(subject: str, settings: ChecksSettings) -> str:
    policy = settings.policies.get(subject, settings.on_failure)
    return "stop" if subject == "mix" and policy in ("quarantine", "downweight") else policy


def _critical(result: CheckResult) -> list[Failure]:
    return [failure for failure in result.failed if failure.severity == "critical"]


def _told(failure: Failure) -> str:
    column = f" on {failure.column}" if failure.column else ""
    examples = f"; such as {'; '.join(failure.examples[:3])}" if failure.examples else ""
    return f"{failure.expectation}{column}: got {failure.observed}{examples}"


def _verdict(result: CheckResult, settings: ChecksSettings) -> Verdict:
    if not result.failed:
        return Verdict(subject=result.subject, action="keep")
    if result.passed:
        return Verdict(subject=result.subject, action="warn", reason="; ".join(_told(failure) for failure in result.failed))
    action = _policy(result.subject, settings)
    factor = {"quarantine": 0.0, "downweight": result.pass_rate}.get(action, 1.0)
    return Verdict(subject=result.subject, action=action, factor=factor, reason="; ".join(_told(failure) for failure in _critical(result)))
