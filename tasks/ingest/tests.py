"""Tests of programs as files hold them: a list, or one text; and what is run before them, in a column of its own."""

from collections.abc import Mapping, Sequence

TESTS, SETUP = "tests", "setup"
"""Columns that tests are made of: what must hold of a program, and what is run after it and before them."""


def test_columns(columns: Mapping[str, str | int], names: Sequence[str]) -> dict[str, str | int]:
    """Say which columns hold tests; none where a source has none.

    Args:
        columns: those that the source names.
        names: all that it has.
    """
    there = {TESTS: TESTS} if TESTS in names else {}
    return there | {part: columns[part] for part in (TESTS, SETUP) if part in columns}
