"""Each expectation fails when it should, and each policy does what it says."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.check.facts import duplicate_share, facts_of
from tasks.check.policy import verdicts
from tasks.check.run import validate
from tasks.check.settings import ChecksSettings, Expectation
from tasks.check.suite import suite_for
from tasks.check.task import check_source, gate_checks
from tasks.errors import QualityGate, RecipeError
from tasks.records import Account, CheckResult, Failure, Manifest

LABELS = ("negative", "positive")


def table(folder: Path, **columns: list[Any]) -> Path:
    size = len(next(iter(columns.values()))) if columns else 30
    whole = {
        "row_id": [f"s:{n}" for n in range(size)], "source": ["s"] * size, "text": [f"text {n}" for n in range(size)],
        "label": [LABELS[n % 2] for n in range(size)], "tokens": [2] * size,
    } | columns  # fmt: skip
    path = folder / "rows.parquet"
    pl.DataFrame(whole).write_parquet(path)
    return path


def result_of(folder: Path, settings: ChecksSettings, duplicates: float = 0.0, subject: str = "s", **columns: list[Any]) -> CheckResult:
    suite = suite_for(subject, settings, LABELS)
    facts = facts_of([table(folder, **columns)], suite).with_columns(pl.lit(duplicates).alias("duplicate_share"))
    return validate(subject, facts, suite)[0]


def failed(result: CheckResult) -> list[str]:
    return [failure.expectation.split("(")[0] for failure in result.failed]


def test_good_rows_pass(tmp_path: Path) -> None:
    result = result_of(tmp_path, ChecksSettings())
    assert (result.passed, result.failed, result.pass_rate) == (True, (), 1.0)


@pytest.mark.parametrize(
    ("columns", "duplicates", "expectation", "passed"),
    [
        ({"text": ["a", "b"]}, 0.0, "expect_table_row_count_to_be_between", False),
        ({"label": ["positive", "negative", None] * 10}, 0.0, "expect_column_values_to_not_be_null", False),
        ({"label": ["positive", "negative", "mixed"] * 10}, 0.0, "expect_column_values_to_be_in_set", False),
        ({"text": [None, *(f"t{n}" for n in range(29))]}, 0.0, "expect_column_values_to_be_in_set", False),
        ({"row_id": ["same"] * 30}, 0.0, "expect_column_values_to_be_unique", False),
        ({}, 0.7, "expect_column_max_to_be_between", False),
        ({"label": ["positive"] * 30}, 0.0, "expect_column_distinct_values_to_contain_set", True),
        ({"text": ["x" * 20_000, *(f"t{n}" for n in range(29))]}, 0.0, "expect_column_values_to_be_between", True),
    ],
)
def test_each_default_expectation_fails_when_it_should(
    tmp_path: Path, columns: dict[str, list[Any]], duplicates: float, expectation: str, passed: bool
) -> None:
    result = result_of(tmp_path, ChecksSettings(), duplicates, **columns)
    assert expectation in failed(result)
    assert result.passed is passed


def test_failing_rows_are_counted_and_a_few_are_shown(tmp_path: Path) -> None:
    result = result_of(tmp_path, ChecksSettings(), label=["positive", "negative", "<b>odd</b>"] * 10)
    [failure] = [one for one in result.failed if one.column == "label"]
    assert failure.unexpected == 10
    assert failure.examples[0] == "s:2: label = <b>odd</b>"
    assert len(failure.examples) == 5
    assert result.pass_rate == pytest.approx(2 / 3)


def test_recipe_may_add_expectations_about_the_text_of_some_sources(tmp_path: Path) -> None:
    extra = Expectation(type="expect_column_values_to_match_regex", kwargs={"column": "text", "regex": "^text"}, subjects=("s",))
    settings = ChecksSettings(expectations=(extra,))
    texts = ["other", *(f"text {n}" for n in range(29))]
    assert failed(result_of(tmp_path, settings, text=texts)) == ["expect_column_values_to_match_regex"]
    assert result_of(tmp_path, settings, subject="t", text=texts).passed


@pytest.mark.parametrize(
    ("expectation", "told"),
    [
        (Expectation(type="expect_column_values_to_match_regexp", kwargs={"column": "text"}), "did you mean 'expect_column_values_to_match_regex'"),
        (Expectation(type="expect_column_values_to_be_in_set", kwargs={"columm": "text"}), "cannot be used"),
    ],
)
def test_expectations_that_do_not_exist_are_recipe_errors(tmp_path: Path, expectation: Expectation, told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        result_of(tmp_path, ChecksSettings(expectations=(expectation,)))


def test_column_that_is_not_there_fails_and_says_so(tmp_path: Path) -> None:
    extra = Expectation(type="expect_column_values_to_not_be_null", kwargs={"column": "price"})
    result = result_of(tmp_path, ChecksSettings(expectations=(extra,)))
    assert not result.passed
    assert "price" in result.failed[0].observed


def test_checks_run_side_by_side_in_threads(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(6)]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda folder: result_of(folder, ChecksSettings(), subject=folder.name), folders))
    assert [(result.subject, result.passed) for result in found] == [(str(number), True) for number in range(6)]


def test_duplicates_of_every_kind_count() -> None:
    account = Account(source="s", read=10, dropped={"exact_duplicate": 3, "cross_source_duplicate": 1, "empty_text": 2}, rows=3, holdout=1)
    assert duplicate_share(account) == 0.5


def outcome(subject: str, passed: bool, severity: str = "critical") -> CheckResult:
    failure = Failure(expectation="expect_x()", severity=severity, observed="bad", unexpected=25)
    return CheckResult(subject=subject, passed=passed, evaluated=3, failed=() if severity == "none" else (failure,), pass_rate=0.75)


@pytest.mark.parametrize(
    ("policy", "action", "factor"), [("warn", "warn", 1.0), ("quarantine", "quarantine", 0.0), ("downweight", "downweight", 0.75)]
)
def test_policy_of_the_source_decides(policy: Any, action: str, factor: float) -> None:
    settings = ChecksSettings(policies={"b": policy})
    found = verdicts([outcome("a", passed=True, severity="none"), outcome("b", passed=False)], settings)
    assert [(one.subject, one.action, one.factor) for one in found] == [("a", "keep", 1.0), ("b", action, factor)]


def test_stop_tells_every_source_that_failed() -> None:
    with pytest.raises(QualityGate) as caught:
        verdicts([outcome("a", passed=False), outcome("b", passed=False), outcome("c", passed=True)], ChecksSettings())
    assert "checks failed for a, b" in str(caught.value)
    assert caught.value.exit_code == 3


def test_warnings_never_stop() -> None:
    assert verdicts([outcome("a", passed=True, severity="warning")], ChecksSettings())[0].action == "warn"


def test_mix_is_stopped_where_a_source_would_be_left_out() -> None:
    with pytest.raises(QualityGate):
        verdicts([outcome("mix", passed=False)], ChecksSettings(on_failure="quarantine"))
    with pytest.raises(ValueError, match="is for sources"):
        ChecksSettings(policies={"mix": "downweight"})


def test_tasks_check_a_source_and_gate_it(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots/deduplicate/p/train"
    folder.mkdir(parents=True)
    table(folder, label=["positive", "odd"] * 15).rename(folder / "s.parquet")
    account = Account(source="s", read=30, rows=30)
    pool = Manifest(stage="deduplicate", subject="pool", key="p", path="snapshots/deduplicate/p", files=(), accounts=(account,))
    settings = ChecksSettings(on_failure="downweight")
    check = check_source.fn(str(tmp_path), "s", pool, settings, LABELS)
    assert (tmp_path / check.path / "result.json").exists()
    [verdict] = gate_checks.fn("sources", [check], settings)
    assert (verdict.action, verdict.factor) == ("downweight", 0.5)
