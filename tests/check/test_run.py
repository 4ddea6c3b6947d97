"""What Great Expectations finds becomes our records: counted in full, shown in part, the same in any thread and at any
time."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.check.facts import columns, facts_of
from tasks.check.results import printable
from tasks.check.run import evaluate
from tasks.check.settings import ChecksSettings, Expectation
from tasks.check.suite import suite_for
from tasks.check.task import check_mix, check_source, gate_checks
from tasks.manifests.check import CheckResult
from tasks.manifests.manifest import Account, FileFact, Manifest
from tasks.manifests.pool import MixFacts, PoolFacts
from tasks.manifests.profile import DriftFacts
from tasks.objectives.text_classification.columns import layout

Checked = Callable[..., CheckResult]
LABELS = ("negative", "positive")
LAYOUT = layout(LABELS)
NO_DRIFT = Manifest[DriftFacts](stage="drift", subject="sources", key="k", path="p", files=(), facts=DriftFacts())


def test_failing_rows_are_counted_and_a_few_are_shown(checked: Checked) -> None:
    [failure] = checked(label=["positive", "negative", "<b>odd</b>"] * 10).failed
    assert (failure.column, failure.unexpected, failure.observed) == ("label", 10, "10 of 30 rows")
    assert failure.examples == tuple(f"s.csv:{n}: label = '<b>odd</b>'" for n in (3, 6, 9, 12, 15))


def test_rows_with_nothing_to_show_are_shown_by_where_they_come_from(checked: Checked) -> None:
    [failure] = checked(label=["positive", "negative", None] * 10).failed
    assert failure.examples[:2] == ("s.csv:3: label = None", "s.csv:6: label = None")


def test_expectations_about_several_columns_show_them_all(checked: Checked) -> None:
    extra = Expectation(
        type="expect_column_pair_values_a_to_be_greater_than_b", kwargs={"column_A": "characters", "column_B": "tokens"}
    )
    [failure] = checked(extra, tokens=[2] * 29 + [50]).failed
    assert failure.examples == ("s.csv:30: characters = 7, tokens = 50",)


def test_examples_cannot_move_the_cursor_or_flood_the_screen(checked: Checked) -> None:
    odd = ["\x1b[2J\r\nline", "\u202eright", "y" * 100_000]
    [failure] = checked(label=odd + ["positive", "negative"] * 20).failed
    assert failure.examples[0] == r"s.csv:1: label = '\x1b[2J\r\nline'"
    assert all(example.isprintable() and len(example) < 250 for example in failure.examples)


@given(text=st.text())
def test_printable_is_printable_and_short(text: str) -> None:
    assert printable(text).isprintable()
    assert len(printable(text)) <= 2_000


@settings(max_examples=15, deadline=None)
@given(bad=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=25, max_size=40))
def test_pass_rate_is_the_share_of_rows_that_meet_everything_critical(
    bad: list[tuple[bool, bool]], checked: Checked
) -> None:
    labels = ["odd" if wrong else LABELS[n % 2] for n, (wrong, _) in enumerate(bad)]
    texts = ["bad" if wrong else f"text {n}" for n, (_, wrong) in enumerate(bad)]
    extra = Expectation(type="expect_column_values_to_match_regex", kwargs={"column": "text", "regex": "^text"})
    told = Expectation(
        type="expect_column_values_to_be_in_set", kwargs={"column": "tokens", "value_set": [1]}, severity="info"
    )
    result = checked(extra, told, label=labels, text=texts)
    assert result.pass_rate == pytest.approx(sum(bad_row == (False, False) for bad_row in bad) / len(bad))
    assert result.passed is (result.pass_rate == 1)


def test_an_expectation_about_the_whole_table_says_nothing_about_a_row(checked: Checked) -> None:
    result = checked(Expectation(type="expect_column_mean_to_be_between", kwargs={"column": "tokens", "min_value": 5}))
    assert (result.passed, result.pass_rate, result.failed[0].unexpected, result.failed[0].observed) == (
        False,
        1.0,
        0,
        "2.0",
    )


def test_no_rows_at_all_fail(checked: Checked) -> None:
    result = checked(text=[])
    assert (result.passed, result.pass_rate) == (False, 0.0)


def test_an_expectation_that_cannot_be_evaluated_fails_all_rows(checked: Checked) -> None:
    result = checked(
        Expectation(type="expect_column_values_to_match_regex", kwargs={"column": "text", "regex": "(", "mostly": 0.5})
    )
    assert (result.passed, result.pass_rate, result.failed[0].unexpected) == (False, 0.0, 30)
    assert result.failed[0].observed == "cannot be evaluated: Invalid regular expression: missing ): ("


def test_mostly_tolerates_its_share(checked: Checked) -> None:
    extra = Expectation(
        type="expect_column_values_to_match_regex", kwargs={"column": "text", "regex": "^text", "mostly": 0.9}
    )
    assert checked(extra, text=["other", *(f"text {n}" for n in range(29))]).passed


def test_the_same_expectation_twice_is_evaluated_twice(checked: Checked) -> None:
    extra = Expectation(type="expect_column_values_to_be_in_set", kwargs={"column": "tokens", "value_set": [1]})
    assert [failure.column for failure in checked(extra, extra).failed] == ["tokens", "tokens"]


def test_results_come_in_the_suites_order_and_are_the_same_in_every_run(rows: Callable[..., Path]) -> None:
    suite = suite_for("s", ChecksSettings(min_rows=50), LAYOUT)
    facts = facts_of([rows(label=["odd"] * 30)], suite, {"duplicate_share": 0.9}, LAYOUT)
    (outcomes, document), (_, again) = (evaluate(facts, suite, columns(LAYOUT)) for _ in range(2))
    assert [one.expectation for one in outcomes] == suite
    assert [row["expectation_config"]["type"] for row in document["results"]] == [one.type for one in suite]
    assert json.dumps(document) == json.dumps(again)
    assert document["statistics"]["evaluated_expectations"] == len(suite)


def test_no_trace_of_the_machine_in_the_result(rows: Callable[..., Path]) -> None:
    suite = [Expectation(type="expect_column_values_to_match_regex", kwargs={"column": "text", "regex": "("})]
    document = evaluate(facts_of([rows()], suite, {"duplicate_share": 0.0}, LAYOUT), suite, columns(LAYOUT))[1]
    assert document["results"][0]["exception_message"].startswith("Invalid regular expression")
    assert "Traceback" not in json.dumps(document)
    assert "site-packages" not in json.dumps(document)


def test_checks_run_side_by_side_in_threads(checked: Checked) -> None:
    def check(number: int) -> CheckResult:
        return checked(subject=f"s{number}", label=["odd"] * number + ["positive", "negative"] * 20)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(check, range(16)))
    assert [result.subject for result in found] == [f"s{number}" for number in range(16)]
    assert [sum(failure.unexpected for failure in result.failed) for result in found] == list(range(16))


def test_tasks_check_a_source_and_gate_it(tmp_path: Path, rows: Callable[..., Path]) -> None:
    folder = tmp_path / "snapshots/deduplicate/p/train"
    folder.mkdir(parents=True)
    rows(label=["positive", "odd"] * 15).rename(folder / "s.parquet")
    account = Account(source="s", read=90, dropped={"exact_duplicate": 60}, rows=30)
    pool = Manifest[PoolFacts](
        stage="deduplicate",
        subject="pool",
        key="p",
        path="snapshots/deduplicate/p",
        files=(),
        accounts=(account,),
        facts=PoolFacts(layout=LAYOUT),
    )
    settings = ChecksSettings(on_failure="downweight")
    check = check_source.of("s").run(str(tmp_path), pool, settings, NO_DRIFT)
    document = json.loads((tmp_path / check.path / "result.json").read_text())
    assert [row["success"] for row in document["results"]].count(False) == 3
    result = check.facts
    assert [failure.observed for failure in result.failed] == ["15 of 30 rows", "missing: negative", f"{2 / 3}"]
    [verdict] = gate_checks.function("sources", [check], settings)
    assert (verdict.action, verdict.factor) == ("downweight", 0.5)


def test_task_checks_all_shards_of_the_mix(tmp_path: Path, rows: Callable[..., Path]) -> None:
    folder = tmp_path / "snapshots/mix/m/data"
    folder.mkdir(parents=True)
    names = [f"data/train-0000{n}.parquet" for n in range(2)] + ["data/holdout-s.parquet"]
    for name in names:
        rows(label=["odd" if "holdout" in name else "positive"] * 15).rename(tmp_path / "snapshots/mix/m" / name)
    files = tuple(FileFact(name=name, bytes=0, sha256="") for name in names)
    facts = MixFacts(layout=LAYOUT, receipt=())
    mix = Manifest[MixFacts](stage="mix", subject="mix", key="m", path="snapshots/mix/m", files=files, facts=facts)
    check = check_mix.of("mix").run(str(tmp_path), mix, ChecksSettings())
    assert (check.rows, check.facts.passed, [failure.observed for failure in check.facts.failed]) == (
        30,
        True,
        ["missing: negative"],
    )


@pytest.mark.shared_data
def test_links_in_real_tweets_are_found_and_counted(tmp_path: Path, checked: Checked, shared_data: Path) -> None:
    tweets = pl.read_csv(shared_data / "sentiment/tweets_airline/Tweets.csv.gz").filter(
        pl.col("airline_sentiment") != "neutral"
    )
    links = tweets["text"].str.contains("https?://")
    extra = Expectation(
        type="expect_column_values_to_not_match_regex",
        kwargs={"column": "text", "regex": "https?://"},
        severity="warning",
    )
    result = checked(extra, text=tweets["text"].to_list(), label=tweets["airline_sentiment"].to_list())
    [failure] = result.failed
    assert (result.passed, failure.unexpected) == (True, links.sum())
    assert links.sum() > 100
