"""Each expectation fails when it should, and a wrong one is told before there is any data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.check.facts import columns_of, duplicate_share, facts_of
from tasks.check.settings import ChecksSettings, Expectation
from tasks.check.suite import problems, suite_for
from tasks.core.errors import RecipeError
from tasks.manifests.check import CheckResult
from tasks.manifests.manifest import Account
from tasks.objectives.text_classification.columns import layout
from tasks.recipe.model import load_recipe

Checked = Callable[..., CheckResult]
LABELS = ("negative", "positive")
LAYOUT = layout(LABELS)


def failed(result: CheckResult) -> list[str]:
    return [failure.expectation.partition("(")[0].removeprefix("expect_") for failure in result.failed]


def test_good_rows_pass(checked: Checked) -> None:
    result = checked()
    assert (result.passed, result.failed, result.pass_rate) == (True, (), 1.0)
    assert result.evaluated == len(suite_for("s", ChecksSettings(), LAYOUT))


MISSING = ["positive", "negative", None] * 10


@pytest.mark.parametrize(
    ("columns", "duplicates", "expectation", "column", "passed", "rate"),
    [
        ({"text": ["a", "b"]}, 0.0, "table_row_count_to_be_between", None, False, 1.0),
        *(
            ({name: None}, 0.0, "column_to_exist", name, False, None)
            for name in ("row_id", "source", "label", "tokens")
        ),
        ({"text": None}, 0.0, "column_to_exist", "characters", False, None),
        ({"label": MISSING}, 0.0, "column_values_to_not_be_null", "label", False, 2 / 3),
        ({"row_id": MISSING}, 0.0, "column_values_to_not_be_null", "row_id", False, 0.0),
        ({"text": MISSING}, 0.0, "column_values_to_not_be_null", "characters", False, 2 / 3),
        ({"label": ["positive", "negative", "mixed"] * 10}, 0.0, "column_values_to_be_in_set", "label", False, 2 / 3),
        (
            {"row_id": ["same"] * 3 + [str(n) for n in range(27)]},
            0.0,
            "column_values_to_be_unique",
            "row_id",
            False,
            0.9,
        ),
        ({}, 0.7, "column_max_to_be_between", "duplicate_share", False, 1.0),
        ({"label": ["positive"] * 30}, 0.0, "column_distinct_values_to_contain_set", "label", True, 1.0),
        (
            {"text": ["x" * 20_000, *(f"t{n}" for n in range(29))]},
            0.0,
            "column_values_to_be_between",
            "characters",
            True,
            1.0,
        ),
    ],
)
def test_each_default_expectation_fails_when_it_should(
    columns: dict[str, Any],
    duplicates: float,
    expectation: str,
    column: str | None,
    passed: bool,
    rate: float | None,
    checked: Checked,
) -> None:
    result = checked(duplicates=duplicates, **columns)
    assert (expectation, column) in zip(failed(result), (one.column for one in result.failed), strict=True)
    assert result.passed is passed
    assert rate is None or result.pass_rate == pytest.approx(rate)


def test_a_missing_label_is_named(checked: Checked) -> None:
    [failure] = checked(label=["positive"] * 30).failed
    assert (failure.severity, failure.observed) == ("warning", "missing: negative")


def test_rows_may_repeat_in_the_mix_only(checked: Checked) -> None:
    twice = [f"s.csv:{n // 2}" for n in range(30)]
    assert checked(subject="mix", duplicates=0.9, row_id=twice).passed
    assert not checked(row_id=twice).passed


def test_recipe_may_add_expectations_about_some_subjects(checked: Checked) -> None:
    extra = Expectation(
        type="expect_column_values_to_match_regex", kwargs={"column": "text", "regex": "^text"}, subjects=("s",)
    )
    texts = ["other", *(f"text {n}" for n in range(29))]
    assert failed(checked(extra, text=texts)) == ["column_values_to_match_regex"]
    assert checked(extra, subject="t", text=texts).failed == ()


def test_the_text_is_handed_over_only_where_an_expectation_names_it(rows: Callable[..., Path]) -> None:
    default = suite_for("s", ChecksSettings(), LAYOUT)
    condition = {
        "type": "and",
        "conditions": [{"type": "comparison", "column": {"name": "text"}, "operator": "==", "parameter": "x"}],
    }
    naming = [
        {"column": "text"},
        {"column_A": "label", "column_B": "text"},
        {"column_list": ["label", "text"]},
        {"column": "label", "row_condition": condition},
    ]
    assert "text" not in facts_of([rows()], default, {"duplicate_share": 0.0}, LAYOUT).columns
    for kwargs in naming:
        assert "text" in columns_of(Expectation(type="expect_x", kwargs=kwargs))
        assert (
            "text"
            in facts_of(
                [rows()], [*default, Expectation(type="expect_x", kwargs=kwargs)], {"duplicate_share": 0.0}, LAYOUT
            ).columns
        )


def test_shards_are_looked_at_together_and_in_order(rows: Callable[..., Path]) -> None:
    facts = facts_of([rows(text=["a", "bb"]), rows(text=["ccc"])], [], {"duplicate_share": 0.25}, LAYOUT)
    assert facts["characters"].to_list() == [1, 2, 3]
    assert facts["duplicate_share"].to_list() == [0.25] * 3
    assert (
        facts.schema["tokens"] == facts.schema["characters"] == pl.Int64
    )  # unsigned, 1 - 2 would be 18446744073709551615


def test_duplicates_of_every_kind_count() -> None:
    account = Account(
        source="s",
        read=10,
        dropped={"exact_duplicate": 3, "cross_source_duplicate": 1, "empty_text": 2},
        rows=3,
        holdout=1,
    )
    assert duplicate_share(account) == 0.5
    assert duplicate_share(Account(source="s", read=10, dropped={"in_holdout": 2, "near_duplicate": 1}, rows=7)) == 0.2
    assert duplicate_share(Account(source="s", read=0)) == 0.0


WRONG = [
    ("column_values_to_match_regexp", {}, [("type", "did you mean 'expect_column_values_to_match_regex'?")]),
    ("nothing_of_the_kind", {}, [("type", "knows no such expectation")]),
    (
        "column_values_to_be_in_set",
        {"column": "label", "value_sett": ["a"]},
        [("kwargs.value_sett", "unknown argument; did you mean 'value_set'?"), ("kwargs.value_set", "field required")],
    ),
    ("column_values_to_not_be_null", {"column": "lable"}, [("kwargs", "no column 'lable'; did you mean 'label'?")]),
    (
        "column_values_to_not_be_null",
        {"column": "label", "severity": "info"},
        [("kwargs.severity", "unknown argument; known: column, mostly")],
    ),
    (
        "column_values_to_be_between",
        {"column": "tokens", "min_value": "many"},
        [("kwargs.min_value", "not a valid float")],
    ),
    ("column_values_to_be_between", {"column": "tokens"}, [("kwargs", "cannot both be None")]),
    ("column_values_to_not_be_null", {"column": "label", "mostly": 2}, [("kwargs.mostly", "less than or equal to 1")]),
    (
        "column_values_to_not_be_null",
        {"column": "label", "row_condition": "label == 1"},
        [("kwargs.row_condition", "want a mapping")],
    ),
    (
        "column_values_to_not_be_null",
        {"column": "label", "row_condition": {"type": "pass_through", "pass_through_filter": "@x"}},
        [("kwargs.row_condition", "{type: pass_through} runs code")],
    ),
    (
        "column_values_to_match_regex",
        {"column": "text", "regex": "("},
        [("", "cannot be evaluated: Invalid regular expression")],
    ),
    (
        "column_values_to_match_like_pattern",
        {"column": "text", "like_pattern": "a%"},
        [("", "cannot be evaluated: No provider found")],
    ),
    ("column_values_to_be_between", {"column": "text", "min_value": 3}, [("", "cannot be evaluated: Column values")]),
]


@pytest.mark.parametrize(("what", "kwargs", "told"), WRONG)
def test_a_wrong_expectation_is_told_without_data(
    what: str, kwargs: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    good = Expectation(type="expect_column_values_to_be_in_set", kwargs={"column": "label", "value_set": ["a"]})
    found = problems(ChecksSettings(expectations=(good, Expectation(type=f"expect_{what}", kwargs=kwargs))), LAYOUT)
    assert [place for place, _ in found] == [f"checks.expectations.1.{place}".rstrip(".") for place, _ in told]
    assert all(text in message for (_, text), (_, message) in zip(told, found, strict=True))


def test_sound_expectations_are_no_problem() -> None:
    condition = {"type": "comparison", "column": {"name": "label"}, "operator": "==", "parameter": "positive"}
    sound = [
        ("column_values_to_match_regex", {"column": "text", "regex": r"\w", "mostly": 0.9}),
        ("column_value_lengths_to_be_between", {"column": "text", "max_value": 200}),
        ("column_mean_to_be_between", {"column": "tokens", "min_value": 1, "max_value": 90}),
        (
            "column_pair_values_a_to_be_greater_than_b",
            {"column_A": "characters", "column_B": "tokens", "or_equal": True},
        ),
        ("column_proportion_of_unique_values_to_be_between", {"column": "row_id", "min_value": 1}),
        ("column_values_to_be_between", {"column": "tokens", "max_value": 9, "row_condition": condition}),
        ("column_values_to_not_match_regex", {"column": "text", "regex": "http"}),
    ]
    assert (
        problems(
            ChecksSettings(
                expectations=tuple(Expectation(type=f"expect_{what}", kwargs=kwargs) for what, kwargs in sound)
            ),
            LAYOUT,
        )
        == []
    )
    assert problems(ChecksSettings(), LAYOUT) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda one: st.lists(one, max_size=2),
    max_leaves=3,
)
NAMES = st.sampled_from(
    ["column", "value_set", "min_value", "mostly", "regex", "row_condition", "meta", "column_list", "type_", "other"]
)
TYPES = [
    "column_values_to_be_in_set",
    "column_values_to_be_between",
    "column_values_to_match_regex",
    "compound_columns_to_be_unique",
]


@settings(max_examples=40, deadline=None)
@given(
    what=st.sampled_from(TYPES), kwargs=st.dictionaries(NAMES, JSON | st.sampled_from(["label", "text"]), max_size=4)
)
def test_no_arguments_whatever_end_in_a_traceback(what: str, kwargs: dict[str, Any]) -> None:
    assert isinstance(
        problems(ChecksSettings(expectations=(Expectation(type=f"expect_{what}", kwargs=kwargs),)), LAYOUT), list
    )


def test_a_wrong_expectation_is_a_recipe_error_at_the_check(checked: Checked) -> None:
    with pytest.raises(
        RecipeError, match=r"expect_column_values_to_be_nice: type: Great Expectations knows no such expectation"
    ) as caught:
        checked(Expectation(type="expect_column_values_to_be_nice"))
    assert caught.value.exit_code == 2


def test_a_subject_that_is_no_source_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(
        "name: x\nlabels: [a, b]\nsources: {tweets: {path: t.csv, columns: {text: t, label: l}}}\nchecks:\n  "
        "expectations:\n"
        "  - {type: expect_column_to_exist, subjects: [mix, twets]}\n"
    )
    with pytest.raises(
        RecipeError,
        match=r":6: checks\.expectations\.0\.subjects\.1: no source has this name \('twets'\); did you mean 'tweets'\?",
    ):
        load_recipe(str(file))
