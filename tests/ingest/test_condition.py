"""The condition of a source: what a column is compared with decides what it is read as, exactly."""

import json
import operator
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import RecipeError
from tasks.ingest.condition import Condition
from tests.ingest.conftest import Found

Read = Callable[..., Found]

COMPARISONS = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def kept(sql: str, *values: str | None) -> list[str | None]:
    """The values of column `x` that a condition keeps."""
    frame = pl.DataFrame({"x": pl.Series(values, dtype=pl.String)})
    return frame.filter(Condition(sql).asked_of(frame))["x"].to_list()


@given(
    st.sampled_from(sorted(COMPARISONS)),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.lists(st.integers(-(10**37), 10**37), max_size=8),
)
def test_whole_numbers_are_compared_exactly_whatever_their_size(sign: str, wanted: int, numbers: list[int]) -> None:
    near = [*numbers, wanted - 1, wanted, wanted + 1]
    compare = COMPARISONS[sign]
    assert kept(f"x {sign} {wanted}", *map(str, near)) == [str(one) for one in near if compare(one, wanted)]


@given(
    st.sampled_from(sorted(COMPARISONS)),
    st.decimals(-1000, 1000, places=3),
    st.lists(st.decimals(-1000, 1000, places=3), min_size=1, max_size=8),
)
def test_fractions_are_compared_as_written(sign: str, wanted: Decimal, numbers: list[Decimal]) -> None:
    values = [f"{one:f}" for one in [*numbers, wanted]]
    compare = COMPARISONS[sign]
    assert kept(f"x {sign} {wanted:f}", *values) == [one for one in values if compare(Decimal(one), wanted)]


@pytest.mark.parametrize("sign", sorted(COMPARISONS))
@pytest.mark.parametrize("nothing", ["NaN", "nan", "", " ", None])
def test_no_comparison_holds_of_what_is_no_number(sign: str, nothing: str | None) -> None:
    assert kept(f"x {sign} 0.5", nothing) == kept(f"x {sign} 3", nothing) == []


@given(st.lists(st.sampled_from(["02134", "10001", "2134", "3.10", "3.1", "n/a", ""]), min_size=1))
def test_what_a_column_is_compared_with_decides_what_it_is_not_what_else_it_holds(values: list[str]) -> None:
    assert kept("x = '02134'", *values) == [one for one in values if one == "02134"]
    assert kept("x LIKE '02%'", *values) == [one for one in values if one.startswith("02")]
    assert kept("x = '3.10'", *values) == [one for one in values if one == "3.10"]
    assert kept("x IN ('3.10', '10001')", *values) == [one for one in values if one in ("3.10", "10001")]
    assert kept("x = 3.1", *values) == [one for one in values if one in ("3.10", "3.1")]
    assert kept("x IN (2134, 10001)", *values) == [one for one in values if one in ("02134", "2134", "10001")]
    assert kept("LENGTH(x) > 4 AND x > 3000", *values) == [one for one in values if one == "10001"]


@pytest.mark.parametrize(
    ("sql", "values", "holds"),
    [
        ("x = true", ["true", "TRUE", "false", "", None], ["true", "TRUE"]),
        ("NOT x = true", ["true", "False", None], ["False"]),
        ("x IS NULL", ["1", None], [None]),
        ("x BETWEEN 2 AND 3", ["2", "2.5", "3.0", "4"], ["2", "2.5", "3.0"]),
        ("x % 2 = 1", ["9007199254740993", "4", "2.0"], ["9007199254740993"]),
        ("x / 2 = 1.5", ["3", "3.0", "2"], ["3", "3.0"]),
        ("COALESCE(x, '7') = '7'", [None, "7", "07"], [None, "7"]),
        ("CAST(x AS FLOAT) > 1", ["2", "NaN", "1"], ["2"]),
        ("CASE WHEN x > 1 THEN 'big' ELSE 'small' END = 'big'", ["2", "1"], ["2"]),
        ("x || 'b' = 'ab'", ["a", "b"], ["a"]),
        (f"x = {10**37 + 1}", [str(10**37 + 1), str(10**37)], [str(10**37 + 1)]),
        ("1 = 1", ["a", "b"], ["a", "b"]),
    ],
)
def test_kinds_of_conditions(sql: str, values: list[str | None], holds: list[str | None]) -> None:
    assert kept(sql, *values) == holds


@pytest.mark.parametrize(
    ("sql", "why"),
    [("x >", "cannot be asked"), ("x", "is no condition; it gives String"), ("SUM(x) > 1", "more than one row")],
)
def test_what_is_no_condition_is_told(sql: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        kept(sql, "a")


@pytest.mark.parametrize("first", ["4", "n/a"])
def test_a_value_that_cannot_be_read_sends_its_row_to_quarantine_wherever_it_stands(
    tmp_path: Path, read: Read, first: str
) -> None:
    rest = "5" if first == "n/a" else "n/a"
    lines = [{"text": "a", "stars": first}, {"text": "b", "stars": rest}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = read(path="a.jsonl", where="stars >= 4")
    assert len(found.texts) == 1
    assert [reason for _, _, reason in found.bad] == ["bad_where_value"]
    assert "stars is no number: n/a" in found.outcome.bad.examples[0]
    found = read(path="a.jsonl", where="stars = true")
    assert (len(found.texts), len(found.bad)) == (0, 2)
    assert "stars is neither true nor false: " in found.outcome.bad.examples[0]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_nan_is_left_out_of_every_kind(tmp_path: Path, read: Read, kind: str) -> None:
    frame = pl.DataFrame({"text": list("abc"), "confidence": [0.9, float("nan"), 0.1]})
    path = tmp_path / f"a.{kind}"
    if kind == "jsonl":
        path.write_text("\n".join(json.dumps(row) for row in frame.to_dicts()))
    else:
        getattr(frame, f"write_{kind}")(path)
    found = read(path=path.name, where="confidence >= 0.7")
    assert (found.texts, found.bad, found.left_out) == (["a"], [], {"where": 2})


def test_a_column_that_is_not_there_is_told_with_the_nearest(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text("text,stars\na,4\n")
    with pytest.raises(RecipeError, match=r"sources\.s\.where: there is no column 'star'; did you mean 'stars'"):
        read(path="a.csv", where="star > 3")


def test_ids_as_large_as_they_come(tmp_path: Path, read: Read) -> None:
    ids: list[dict[str, Any]] = [{"text": f"row {n}", "id": 1700000000000000100 + n} for n in range(40)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, ids)))
    assert len(read(path="a.jsonl", where="id <> 1700000000000000103").texts) == 39
