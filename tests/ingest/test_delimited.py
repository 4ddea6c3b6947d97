"""Delimited text cut with array operations gives what the csv module gives, line by line."""

import random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tasks.ingest.kinds.delimited import Params, _Rows

FIELD = st.one_of(
    st.text(alphabet='ab ,;"\n\té', max_size=5),
    st.text(alphabet='ab ,;"\n\té', max_size=5).map(lambda text: '"' + text.replace('"', '""') + '"'),
    st.sampled_from(["", '""', '""""', "x", '"a""b"', '"\n\n"']),
)
LINES = st.lists(st.lists(FIELD, min_size=1, max_size=4), max_size=8)


def both(raw: bytes, **params: Any) -> tuple[list[Any], list[Any]]:
    """Cut by arrays where that is possible, and line by line; gives rows, bad rows, and how much is done with."""
    found = []
    for simple in (True, False):
        rows = _Rows(Params(path="a.csv", **params), "a.csv")
        rows.simple &= simple
        part = rows.read(raw, 1)
        found.append([part.frame.rows(), part.frame.columns, [vars(bad) for bad in part.bad], part.used, part.lines])
    return found[0], found[1]


@settings(max_examples=400, deadline=None)
@given(
    lines=LINES,
    separator=st.sampled_from([",", ";", "\t", " "]),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
    header=st.booleans(),
    quoting=st.booleans(),
    overflow=st.sampled_from(["first", "last"]),
)
def test_arrays_and_the_csv_module_agree(
    lines: list[list[str]], separator: str, end: str, last: bool, header: bool, quoting: bool, overflow: Any
) -> None:
    raw = (end.join(separator.join(fields) for fields in lines) + end * last).encode()
    assume(raw)
    quick, slow = both(raw, delimiter=separator, header=header, quoting=quoting, overflow=None if quoting else overflow)
    assert quick == slow


def test_they_agree_on_many_rows_with_line_ends_in_quotes() -> None:
    chance = random.Random(0)
    fields = ["plain", '"with, comma"', '"two\nlines"', '"a\n\n\nb"', "", '"say ""hi"""', "é" * 50]
    raw = "text,label,n\n" + "".join(f"{chance.choice(fields)},{chance.choice(fields)},{n}\n" for n in range(200_000))
    quick, slow = both(raw.encode())
    assert quick == slow
    assert len(quick[0]) == 200_000


@pytest.mark.parametrize(
    "raw",
    [
        'a,b\n"x"y,z\n',
        'a,b\nx"y,z\n',
        'a,b\n"x,y\n',
        "a,b\n\x00,\x00\n",
        "a\n\n \nb\n",
        'a\n""\nb\n',
        "a,b\rc,d\n",
        "\n\na,b\n1,2\n",
    ],
)
def test_they_agree_on_odd_texts(raw: str) -> None:
    quick, slow = both(raw.encode())
    assert quick == slow
