"""Tables on a narrow terminal: no name is broken, and no cell of numbers."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from flows.cli import tables

NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True)


def printed(width: int, title: str, columns: list[str], rows: list[list[object]]) -> str:
    """What a table looks like on a terminal of so many columns."""
    with pytest.MonkeyPatch.context() as patched:
        console = Console(width=width, highlight=False, soft_wrap=True, record=True, file=io.StringIO())
        patched.setattr(tables, "console", console)
        tables.table(title, columns, rows)
        return console.export_text()


@given(st.lists(NAMES, min_size=1, max_size=6), st.integers(1, 9), st.integers(20, 120))
def test_no_name_is_broken_at_any_width(names: list[str], figures: int, width: int) -> None:
    columns = ["source", *(f"figure {number}>" for number in range(figures)), "why"]
    rows: list[list[object]] = [
        [name, *(f"{number}.5 % to 99.{number} %" for number in range(figures)), f"since {name} is a source of many"]
        for name in names
    ]
    shown = printed(width, f"Rows of {names[0]}", columns, rows)
    for name in names:
        assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", shown)
    for number in range(figures):
        assert f"{number}.5 % to 99.{number} %" in shown
    longest = max(len("source"), *map(len, names))
    assert max(map(len, shown.splitlines())) <= max(width, longest + 3 + max(longest, 16), len(f"Rows of {names[0]}"))


def test_a_table_that_is_too_wide_is_cut_and_repeats_its_first_column() -> None:
    rows: list[list[object]] = [["electronics-and-other-appliances", 1, 2, 3], ["dvd", 4, 5, 6]]
    shown = printed(60, "Receipt", ["source", "requested>", "weighed>", "rows>"], rows)
    assert shown.splitlines()[0] == "Receipt"
    assert [line.split() for line in shown.splitlines() if line.startswith(("source", "dvd"))] == [
        ["source", "requested", "weighed"],
        ["dvd", "4", "5"],
        ["source", "rows"],
        ["dvd", "6"],
    ]


def test_prose_breaks_between_words_and_unspaced_scripts_anywhere() -> None:
    shown = printed(
        40,
        "",
        ["source", "why"],
        [["dvd", "cut to its ceiling of a tenth of the mix"], ["zh", "这家餐厅的菜味道很好" * 4]],
    )
    assert max(map(len, shown.splitlines())) <= 40
    assert "ceiling" in shown


def test_an_empty_table_is_its_title() -> None:
    assert printed(80, "nothing", [], []).split() == ["nothing"]


def test_what_a_row_holds_is_written_for_people() -> None:
    chat = [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "In Oslo."}]
    assert tables.in_words(chat) == "user: Where?\nassistant: In Oslo."
    assert tables.in_words(["room", "price"]) == "room, price"
    assert tables.in_words({"text": ["Oslo"], "answer_start": [17]}) == "text: Oslo; answer_start: 17"
    assert "user: Where?" in printed(80, "", ["messages"], [[chat]])
