"""Each policy does what it says; what is not critical never stops a run."""

from typing import Any, get_args

import pytest

from tasks.check.policy import verdicts
from tasks.check.settings import ChecksSettings, Policy
from tasks.core.errors import QualityGate
from tasks.manifests.check import CheckResult, Failure


def outcome(subject: str, *severities: str, rate: float = 0.75) -> CheckResult:
    failed = tuple(
        Failure(
            expectation=f"expect_{one}()",
            column="text",
            severity=one,
            observed="2 of 8 rows",
            unexpected=2,
            examples=("s.csv:1: text = 'x'",),
        )
        for one in severities
    )
    return CheckResult(subject=subject, passed="critical" not in severities, evaluated=3, failed=failed, pass_rate=rate)


@pytest.mark.parametrize(
    ("policy", "action", "factor"),
    [("warn", "warn", 1.0), ("quarantine", "quarantine", 0.0), ("downweight", "downweight", 0.75)],
)
def test_policy_of_the_source_decides(policy: Any, action: str, factor: float) -> None:
    found = verdicts([outcome("a"), outcome("b", "critical")], ChecksSettings(policies={"b": policy}))
    assert [(one.subject, one.action, one.factor) for one in found] == [("a", "keep", 1.0), ("b", action, factor)]
    assert found[1].reason == "expect_critical() on text: 2 of 8 rows (s.csv:1: text = 'x')"


def test_stop_tells_every_failure_of_every_source_that_failed() -> None:
    results = [
        outcome("a", "critical", "warning"),
        outcome("b", "critical", "critical"),
        outcome("c"),
        outcome("d", "critical"),
    ]
    with pytest.raises(QualityGate) as caught:
        verdicts(results, ChecksSettings(policies={"d": "warn"}))
    assert str(caught.value).startswith("checks failed for a, b:\n  a: expect_critical() on text: 2 of 8 rows")
    assert str(caught.value).count("expect_critical()") == 3
    assert "remedy:" in str(caught.value)
    assert (caught.value.exit_code, caught.value.facts["failed"]) == (3, ["a", "b"])


@pytest.mark.parametrize("policy", get_args(Policy))
@pytest.mark.parametrize("severity", ["info", "warning"])
def test_what_is_not_critical_is_told_and_nothing_else(policy: Any, severity: str) -> None:
    [found] = verdicts([outcome("a", severity)], ChecksSettings(on_failure=policy))
    assert (found.action, found.factor) == ("warn", 1.0)
    assert severity in found.reason


def test_downweight_without_a_failing_row_is_a_warning_that_says_so() -> None:
    [found] = verdicts([outcome("a", "critical", rate=1.0)], ChecksSettings(on_failure="downweight"))
    assert (found.action, found.factor) == ("warn", 1.0)
    assert found.reason.endswith("downweight changes nothing, as no row by itself fails")


@pytest.mark.parametrize(("policy", "rate"), [("quarantine", 0.75), ("downweight", 0.0)])
def test_one_source_must_remain(policy: Any, rate: float) -> None:
    settings = ChecksSettings(on_failure=policy)
    with pytest.raises(QualityGate, match="the checks leave no source to mix"):
        verdicts([outcome("a", "critical", rate=rate), outcome("b", "critical", rate=rate)], settings)
    assert [one.factor for one in verdicts([outcome("a", "critical", rate=rate), outcome("b")], settings)] == [0.0, 1.0]


@pytest.mark.parametrize("policy", ["warn", "quarantine", "downweight"])
def test_a_source_without_a_row_is_left_out_where_the_run_goes_on(policy: Any) -> None:
    settings = ChecksSettings(on_failure=policy)
    found = verdicts([outcome("a", "critical", rate=0.0), outcome("b")], settings, empty={"a"})
    assert [(one.action, one.factor) for one in found] == [("quarantine", 0.0), ("keep", 1.0)]
    with pytest.raises(QualityGate, match="checks failed for a"):
        verdicts([outcome("a", "critical", rate=0.0), outcome("b")], ChecksSettings(), empty={"a"})


def test_mix_is_stopped_where_a_source_would_be_left_out() -> None:
    with pytest.raises(QualityGate):
        verdicts([outcome("mix", "critical")], ChecksSettings(on_failure="quarantine"))
    assert verdicts([outcome("mix", "critical")], ChecksSettings(policies={"mix": "warn"}))[0].action == "warn"


@pytest.mark.parametrize("policy", ["quarantine", "downweight"])
def test_mix_cannot_be_given_a_policy_for_sources(policy: Any) -> None:
    with pytest.raises(ValueError, match="is for sources"):
        ChecksSettings(policies={"mix": policy})
