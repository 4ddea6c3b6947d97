"""The border to Great Expectations: frames and expectations go in, plain outcomes come out. No other file knows it."""

import functools
import gc
import os
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, cast

import numpy as np
import polars as pl

from tasks.check.facts import columns_of
from tasks.check.settings import Expectation
from tasks.core.errors import RecipeError
from tasks.core.imports import importing, later
from tasks.core.suggest import Problem, nearest

LISTED = " they are listed at https://greatexpectations.io/expectations"
SHOWN = 20
"""Failing rows that are looked at, of each expectation."""
NOT_IN_A_RECIPE = {
    "batch_id",
    "catch_exceptions",
    "condition_parser",
    "description",
    "id",
    "meta",
    "notes",
    "rendered_content",
    "result_format",
    "severity",
    "windows",
}
"""Fields of expectations that no recipe sets among its `kwargs`."""
CONDITION = (
    "want a mapping such as {type: comparison, column: {name: label}, operator: ==, parameter: positive}; "
    "{type: pass_through} runs code"
)
_one_at_a_time = threading.Lock()
"""Checks of several sources run in threads: Great Expectations keeps its project in a global, and each check a copy of
its frame."""


@dataclass(frozen=True)
class Outcome:
    """What one expectation said.

    Attributes:
        row_wise: whether each row by itself meets it or not.
        result: Great Expectations' own numbers.
        error: why it could not be evaluated; empty when it could.
    """

    expectation: Expectation
    passed: bool
    row_wise: bool
    result: dict[str, Any]
    error: str = ""


def evaluate(
    frame: pl.DataFrame, suite: Sequence[Expectation], columns: Sequence[str]
) -> tuple[list[Outcome], dict[str, Any]]:
    """Hold a frame of facts against expectations.

    Args:
        columns: that an expectation may name.

    Returns:
        An outcome for each expectation, in their order; and Great Expectations' own result as JSON values, without what
        differs from run to run (times, tracebacks, ids).

    Raises:
        RecipeError: an expectation that Great Expectations does not know, or arguments that it does not take.
    """
    wrong = [
        f"  {expectation.type}: {place}: {text}"
        for expectation in suite
        for place, text in objections(expectation, columns)
    ]
    if wrong:
        raise RecipeError("checks.expectations cannot be used as they are written:\n" + "\n".join(wrong))
    document = _validated(frame, suite, {"result_format": "SUMMARY", "partial_unexpected_count": SHOWN})
    rows = [_lasting(row) for row in document["results"]]
    kept = {"success": document["success"], "statistics": document["statistics"], "results": rows}
    version = document["meta"]["great_expectations_version"]
    return [_outcome(expectation, row) for expectation, row in zip(suite, rows, strict=True)], {
        "great_expectations_version": version
    } | kept


def share_meeting(frame: pl.DataFrame, failed: Sequence[Outcome]) -> float:
    """Give the share of rows that meet every one of the row-wise expectations that failed, 0..1."""
    if not frame.height or any(outcome.error for outcome in failed):
        return 0.0
    if len(failed) < 2:
        return 1 - sum(outcome.result["unexpected_count"] for outcome in failed) / frame.height
    good = np.ones(frame.height, dtype=np.bool_)
    complete = {"result_format": "COMPLETE", "return_unexpected_index_query": False}
    for row in _validated(frame, [outcome.expectation for outcome in failed], complete)["results"]:
        good[row["result"]["unexpected_index_list"]] = False
    return float(good.mean())


def objections(expectation: Expectation, columns: Sequence[str]) -> list[Problem]:
    """Say what is wrong with the name and the arguments of an expectation, and where in it; needs no data."""
    _great_expectations()
    with importing:
        from great_expectations.exceptions.exceptions import ExpectationNotFoundError
        from great_expectations.expectations.registry import (
            get_expectation_impl,
            list_registered_expectation_implementations,
        )

    try:
        kind: Any = get_expectation_impl(expectation.type)
    except ExpectationNotFoundError:
        hint = nearest(expectation.type, list_registered_expectation_implementations()).partition(" known:")[0]
        return [("type", f"Great Expectations knows no such expectation;{hint or LISTED}")]
    arguments = sorted(set(kind.__fields__) - NOT_IN_A_RECIPE)
    problems = [
        (f"kwargs.{name}", f"unknown argument;{nearest(name, arguments)}")
        for name in expectation.kwargs
        if name not in arguments
    ]
    problems += [
        ("kwargs", f"no column {column!r};{nearest(column, columns)}")
        for column in columns_of(expectation)
        if column not in columns
    ]
    condition = expectation.kwargs.get("row_condition")
    if condition is not None and (not isinstance(condition, dict) or "pass_through" in str(condition)):
        return [*problems, ("kwargs.row_condition", CONDITION)]
    return problems + _refused(
        expectation.model_copy(
            update={"kwargs": {name: value for name, value in expectation.kwargs.items() if name in arguments}}
        )
    )


def _refused(expectation: Expectation) -> list[Problem]:
    """Let Great Expectations object to arguments; of each argument its first complaint, since a union complains for
    every branch.
    """
    with importing:
        from great_expectations.compatibility import pydantic

    try:
        _built(expectation, 0)
    except pydantic.ValidationError as error:  # pyright: ignore[reportPrivateImportUsage]
        first = {str(item["loc"][0]): str(item["msg"]) for item in reversed(error.errors())}
        about_all = first.pop("__root__", "")
        first |= {"row_condition": CONDITION} if "row_condition" in first else {}
        return [(f"kwargs.{name}", text) for name, text in first.items()] or [("kwargs", about_all)]
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        return [("kwargs", _short(error))]
    return []


@functools.cache
def _great_expectations() -> ModuleType:
    # scipy.stats, a quarter of the import's time, serves one expectation of distributions.
    with importing, later("scipy.stats"), warnings.catch_warnings():
        # What it imports is deprecated here and there; its telemetry reads the environment.
        warnings.simplefilter("ignore", DeprecationWarning)
        os.environ["GX_ANALYTICS_ENABLED"] = "False"
        # Its thousands of classes stay, so looking for garbage among them is a quarter of the import's time.
        collecting = gc.isenabled()
        gc.disable()
        try:
            import great_expectations
            from great_expectations.execution_engine import pandas_execution_engine
        finally:
            if collecting:
                gc.enable()
        pandas_execution_engine.HASH_THRESHOLD = (
            0  # a fingerprint of the frame, for nobody, would take as long as the expectations
        )
    return great_expectations


def _validated(frame: pl.DataFrame, suite: Sequence[Expectation], form: dict[str, Any]) -> dict[str, Any]:
    """Give Great Expectations' result as JSON values, its rows in the suite's order."""
    with _one_at_a_time:
        gx: Any = _great_expectations()
        context = gx.get_context(mode="ephemeral", project_config=_in_memory())
        asset = context.data_sources.add_pandas("facts").add_dataframe_asset("rows")
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame.to_pandas()})
        built = gx.ExpectationSuite(
            name="suite", expectations=[_built(expectation, number) for number, expectation in enumerate(suite)]
        )
        document = cast("dict[str, Any]", batch.validate(built, result_format=form).to_json_dict())
    document["results"].sort(key=lambda row: row["expectation_config"]["meta"].pop("number"))
    return document


def _in_memory() -> Any:
    """Configure a project that leaves no files behind and draws no progress bars."""
    with importing:
        from great_expectations.data_context.types.base import (
            DataContextConfig,
            InMemoryStoreBackendDefaults,
            ProgressBarsConfig,
        )

    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
    )


def _built(expectation: Expectation, number: int) -> Any:
    with importing:
        from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
        from great_expectations.expectations.metadata_types import FailureSeverity

    return ExpectationConfiguration(
        type=expectation.type,
        kwargs=expectation.kwargs,
        meta={"number": number},
        severity=FailureSeverity(expectation.severity),
    ).to_domain_obj()


def _lasting(row: dict[str, Any]) -> dict[str, Any]:
    """Take out of a result what differs from run to run, and what tells of this machine."""
    info = row["exception_info"] or {}
    raised = [info] if "raised_exception" in info else [own for own in info.values() if isinstance(own, dict)]
    error = next((_short(own["exception_message"]) for own in raised if own.get("raised_exception")), None)
    config = row["expectation_config"]
    kwargs = {name: value for name, value in config["kwargs"].items() if name != "batch_id"}
    shown = {"type": config["type"], "kwargs": kwargs, "severity": config["severity"]}
    return {"success": row["success"], "expectation_config": shown, "result": row["result"], "exception_message": error}


def _outcome(expectation: Expectation, row: dict[str, Any]) -> Outcome:
    with importing:
        from great_expectations.expectations.expectation import (
            ColumnMapExpectation,
            ColumnPairMapExpectation,
            MulticolumnMapExpectation,
        )
        from great_expectations.expectations.registry import get_expectation_impl

    row_wise = issubclass(
        get_expectation_impl(expectation.type),
        (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation),
    )
    return Outcome(expectation, bool(row["success"]), row_wise, row["result"], row["exception_message"] or "")


def _short(error: object) -> str:
    return " ".join(str(error).split())[:300]
