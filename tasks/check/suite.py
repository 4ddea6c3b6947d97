"""The expectations that every source and the mix must meet, by their Great Expectations names."""

from collections.abc import Collection
from typing import Any

import polars as pl

from tasks.check.facts import CHARACTERS, DRIFT, columns, columns_of, named_columns
from tasks.check.policy import MIX
from tasks.check.run import evaluate, objections
from tasks.check.settings import ChecksSettings, Expectation, Severity
from tasks.core.layout import Layout
from tasks.core.suggest import Problem
from tasks.rows.layout import ROW_ID, SOURCE, TOKENS

SAMPLE_ROWS = 24


def suite_for(
    subject: str, settings: ChecksSettings, layout: Layout, measured: Collection[str] = ()
) -> list[Expectation]:
    """List the default expectations about a subject and those of the recipe.

    Args:
        subject: a source's name, or `mix`. In the mix rows repeat as planned, so that only sources are held to have
            none twice.
        measured: columns of drift that the subject has; nothing is expected of the others.
        layout: of the rows; without a label set nothing is expected of labels.
    """
    default = [
        _expect("table_row_count_to_be_between", min_value=settings.min_rows),
        *(_expect("column_to_exist", column=column) for column in named_columns(layout)),
        *(_expect("column_values_to_not_be_null", column=column) for column in (ROW_ID, CHARACTERS)),
        _expect("column_values_to_be_between", "warning", column=CHARACTERS, min_value=1, max_value=settings.max_chars),
    ]
    if labels := list(layout.labels):
        default.append(_expect("column_values_to_not_be_null", column=layout.label))
        default.append(_expect("column_values_to_be_in_set", column=layout.label, value_set=labels))
        default.append(
            _expect("column_distinct_values_to_contain_set", "warning", column=layout.label, value_set=labels)
        )
    if subject != MIX:
        default.append(_expect("column_max_to_be_between", column="duplicate_share", max_value=settings.max_duplicates))
        default.append(_expect("column_values_to_be_unique", column=ROW_ID))
    limits = {f"drift_{name}": most for name, most in settings.drift.model_dump().items() if most is not None}
    default += [_expect("column_max_to_be_between", column=column, max_value=most) for column, most in limits.items()]
    own = [expectation for expectation in settings.expectations if subject in (expectation.subjects or [subject])]
    absent = {*DRIFT} - {*measured}
    return [expectation for expectation in (*default, *own) if not {*columns_of(expectation)} & absent]


def _expect(what: str, severity: Severity = "critical", **kwargs: Any) -> Expectation:
    return Expectation(type=f"expect_{what}", kwargs=kwargs, severity=severity)


def problems(settings: ChecksSettings, layout: Layout) -> list[Problem]:
    """Say what is wrong with the recipe's own expectations, and where: names, arguments, and what cannot be evaluated.
    Needs no data.
    """
    faults: list[Problem] = []
    sound: dict[str, Expectation] = {}
    for number, expectation in enumerate(settings.expectations):
        place = f"checks.expectations.{number}"
        wrong = [(f"{place}.{inner}", text) for inner, text in objections(expectation, columns(layout))]
        faults += wrong
        sound |= {} if wrong else {place: expectation}
    if sound:
        outcomes, _ = evaluate(_sample(layout), list(sound.values()), columns(layout))
        faults += [
            (place, f"cannot be evaluated: {outcome.error}")
            for place, outcome in zip(sound, outcomes, strict=True)
            if outcome.error
        ]
    return faults


def _sample(layout: Layout) -> pl.DataFrame:
    """Make rows of the shape that checks look at."""
    numbers = range(SAMPLE_ROWS)
    labels = layout.labels or ("",)
    return pl.DataFrame(
        {
            ROW_ID: [f"rows.csv:{number + 1}" for number in numbers],
            SOURCE: ["sample"] * SAMPLE_ROWS,
            **{name: [labels[number % len(labels)] for number in numbers] for name in layout.names},
            **{role.name: [*numbers] for role in layout.roles if role.is_read},
            TOKENS: [number + 2 for number in numbers],
            CHARACTERS: [8 + number for number in numbers],
            "duplicate_share": [0.0] * SAMPLE_ROWS,
            **dict.fromkeys(DRIFT, [0.0] * SAMPLE_ROWS),
            **{name: [f"{name} no {'x' * number}" for number in numbers] for name in layout.texts},
        }
    )
