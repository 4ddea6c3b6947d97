"""The border to Great Expectations: our frames and names go in, our records come out."""

import os
import threading
import warnings
from collections.abc import Sequence
from typing import Any, cast

import polars as pl

from tasks.check.settings import Expectation
from tasks.errors import RecipeError
from tasks.mistakes import nearest
from tasks.records import CheckResult, Failure

EXAMPLES = 5
_one_at_a_time = threading.Lock()
"""Great Expectations keeps its project in a global; checks of several sources run in threads."""


def validate(subject: str, frame: pl.DataFrame, suite: Sequence[Expectation]) -> tuple[CheckResult, dict[str, Any]]:
    """Hold a frame of facts against a suite.

    Returns:
        Our record, and Great Expectations' own result as JSON values.

    Raises:
        RecipeError: an expectation that Great Expectations does not know, or arguments that it does not take.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Its telemetry reads the environment when it is imported.
        os.environ["GX_ANALYTICS_ENABLED"] = "False"
        import great_expectations as gx

        context = gx.get_context(mode="ephemeral", project_config=_in_memory())
        asset = context.data_sources.add_pandas("facts").add_dataframe_asset("rows")
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame.to_pandas()})
        built = gx.ExpectationSuite(name=subject, expectations=[_built(one) for one in suite])
        found = batch.validate(built, result_format={"result_format": "SUMMARY", "partial_unexpected_count": 2 * EXAMPLES})
        document = cast("dict[str, Any]", found.to_json_dict())
    failed = tuple(_failure(row, frame) for row in document["results"] if not row["success"])
    critical = [failure for failure in failed if failure.severity == "critical"]
    worst = max((failure.unexpected for failure in critical), default=0)
    rate = 1 - worst / frame.height if frame.height else 0.0
    return CheckResult(subject=subject, passed=not critical, evaluated=len(document["results"]), failed=failed, pass_rate=rate), document


def _in_memory() -> Any:
    """Configure a project that leaves no files behind and draws no progress bars."""
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults, ProgressBarsConfig

    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False), progress_bars=ProgressBarsConfig(globally=False)
    )


def _built(one: Expectation) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    try:
        return ExpectationConfiguration(type=one.type, kwargs=one.kwargs, severity=FailureSeverity(one.severity)).to_domain_obj()
    except Exception as error:  # noqa: BLE001
        # Great Expectations raises its own, pydantic's and plain errors here; all mean that the recipe asks for what is not there.
        from great_expectations.expectations.registry import list_registered_expectation_implementations

        known = sorted(list_registered_expectation_implementations())
        hint = nearest(one.type, known).split(" known:")[0] if one.type not in known else f" {' '.join(str(error).split())[:300]}"
        raise RecipeError(f"checks.expectations: {one.type!r} cannot be used;{hint}") from None


def _failure(row: dict[str, Any], frame: pl.DataFrame) -> Failure:
    config, result = row["expectation_config"], row.get("result", {})
    error = next((info["exception_message"] for info in _exceptions(row) if info.get("raised_exception")), None)
    kwargs = {name: value for name, value in config["kwargs"].items() if name not in ("batch_id", "column")}
    column = config["kwargs"].get("column")
    unexpected = result.get("unexpected_count")
    observed = error or (
        f"{result['observed_value']}" if "observed_value" in result else f"{unexpected or 0:,} of {result.get('element_count', 0):,} rows"
    )
    told = ", ".join(f"{name}={value}" for name, value in kwargs.items())
    return Failure(
        expectation=f"{config['type']}({told})", column=column, severity=config.get("severity") or "critical",
        observed=str(observed)[:500], unexpected=frame.height if unexpected is None else unexpected,
        examples=tuple(_examples(column, result, frame)),
    )  # fmt: skip


def _exceptions(row: dict[str, Any]) -> list[dict[str, Any]]:
    info = row.get("exception_info") or {}
    return [info] if "raised_exception" in info else [one for one in info.values() if isinstance(one, dict)]


def _examples(column: str | None, result: dict[str, Any], frame: pl.DataFrame) -> list[str]:
    values = list(dict.fromkeys(map(str, result.get("partial_unexpected_list") or [])))[:EXAMPLES]
    if column not in frame.columns or not values:
        return values
    rows = frame.filter(pl.col(column).cast(pl.String).is_in(values)).head(EXAMPLES)
    return [f"{row_id}: {column} = {value!s:.200}" for row_id, value in zip(rows["row_id"], rows[column], strict=True)] or values
