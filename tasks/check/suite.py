"""The expectations that every source and the mix must meet, by their Great Expectations names."""

from collections.abc import Sequence

from tasks.check.settings import ChecksSettings, Expectation


def suite_for(subject: str, settings: ChecksSettings, labels: Sequence[str]) -> list[Expectation]:
    """List the default expectations about a subject and those of the recipe.

    Args:
        subject: a source's name, or `mix`.
    """
    default = [
        Expectation(type="expect_table_row_count_to_be_between", kwargs={"min_value": settings.min_rows}),
        *(Expectation(type="expect_column_to_exist", kwargs={"column": column}) for column in ("row_id", "source", "label", "tokens")),
        Expectation(type="expect_column_values_to_not_be_null", kwargs={"column": "label"}),
        Expectation(type="expect_column_values_to_be_in_set", kwargs={"column": "text_is_null", "value_set": [False]}),
        Expectation(type="expect_column_values_to_be_in_set", kwargs={"column": "label", "value_set": list(labels)}),
        Expectation(type="expect_column_distinct_values_to_contain_set", kwargs={"column": "label", "value_set": list(labels)}, severity="warning"),
        Expectation(
            type="expect_column_values_to_be_between",
            kwargs={"column": "characters", "min_value": 1, "max_value": settings.max_chars},
            severity="warning",
        ),
    ]
    if subject != "mix":
        default.append(
            Expectation(type="expect_column_max_to_be_between", kwargs={"column": "duplicate_share", "max_value": settings.max_duplicates})
        )
        default.append(Expectation(type="expect_column_values_to_be_unique", kwargs={"column": "row_id"}))
    return default + [one for one in settings.expectations if not one.subjects or subject in one.subjects]
