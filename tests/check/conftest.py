"""Rows by hand, and what the checks say of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.check.facts import columns as named
from tasks.check.facts import facts_of
from tasks.check.results import result_of
from tasks.check.run import evaluate
from tasks.check.settings import ChecksSettings, Expectation
from tasks.check.suite import suite_for
from tasks.manifests.check import CheckResult
from tasks.objectives.text_classification.columns import layout

LABELS = ("negative", "positive")
LAYOUT = layout(LABELS)
ROWS = 30


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write thirty good rows, or as many as the columns given have: `rows(text=[...])`; a column that is None is left
    out."""

    def write(**columns: list[Any] | None) -> Path:
        size = next((len(values) for values in columns.values() if values is not None), ROWS)
        whole = {
            "row_id": [f"s.csv:{n + 1}" for n in range(size)],
            "source": ["s"] * size,
            "text": [f"text {n}" for n in range(size)],
            "label": [LABELS[n % 2] for n in range(size)],
            "tokens": [2] * size,
        }
        kept = {name: values for name, values in (whole | columns).items() if values is not None}
        path = tmp_path_factory.mktemp("rows") / "rows.parquet"
        pl.DataFrame(kept, schema_overrides={"tokens": pl.UInt32} if "tokens" in kept else {}).write_parquet(path)
        return path

    return write


@pytest.fixture(scope="session")
def checked(rows: Callable[..., Path]) -> Callable[..., CheckResult]:
    """Check rows by the default suite and further expectations: `checked(*expectations, subject, duplicates, settings,
    **columns)`."""

    def check(
        *more: Expectation,
        subject: str = "s",
        duplicates: float = 0.0,
        settings: ChecksSettings | None = None,
        **columns: list[Any] | None,
    ) -> CheckResult:
        suite = suite_for(subject, (settings or ChecksSettings()).model_copy(update={"expectations": more}), LAYOUT)
        facts = facts_of([rows(**columns)], suite, {"duplicate_share": duplicates}, LAYOUT)
        return result_of(subject, facts, evaluate(facts, suite, named(LAYOUT))[0])

    return check
