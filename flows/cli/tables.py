"""Short aligned tables on stdout. No name is ever broken: lines break between words, and a table that is too wide for
the terminal is cut into several, each with the first column.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.cli.terminal import harmless

GAP = 3
"""Blanks between two columns."""
console = Console(highlight=False, soft_wrap=True, markup=False)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; columns whose name ends in `>` are right-aligned."""
    cells = [[_cell(cell) for cell in row] for row in rows]
    texts = [[name.rstrip(">"), *(row[number] for row in cells)] for number, name in enumerate(columns)]
    least = [_least(column, whole=name.endswith(">")) for name, column in zip(columns, texts, strict=True)]
    if title:
        console.print(Text(title, style="bold"))
    for numbers in _parts(least, console.width):
        widths = _widths([texts[number] for number in numbers], [least[number] for number in numbers], console.width)
        whole = sum(widths) + GAP * (len(widths) - 1)
        grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, width=whole)
        for number, width in zip(numbers, widths, strict=True):
            justify = "right" if columns[number].endswith(">") else "left"
            grid.add_column(Text(texts[number][0]), justify=justify, overflow="fold", width=width)
        for row in cells:
            # Text, not str: what comes from the data must not be read as markup.
            grid.add_row(*(Text(row[number]) for number in numbers))
        console.print(grid)
        console.print()


def _parts(least: Sequence[int], room: int) -> Iterator[list[int]]:
    """Give the numbers of the columns of each table."""
    part = list(range(len(least[:1])))
    for number in range(1, len(least)):
        if sum(least[one] + GAP for one in part) + least[number] > room and len(part) > 1:
            yield part
            part = [0]
        part.append(number)
    if part:
        yield part


def _widths(columns: Sequence[Sequence[str]], least: Sequence[int], room: int) -> list[int]:
    """Give every column as much as it needs, or all the same where that is too much, but no less than its words."""
    most = [max([1, *(cell_len(line) for text in column for line in text.splitlines())]) for column in columns]

    def limited(limit: int) -> list[int]:
        return [min(whole, max(words, limit)) for whole, words in zip(most, least, strict=True)]

    room -= GAP * (len(columns) - 1)
    return next((limited(limit) for limit in range(max(most), 1, -1) if sum(limited(limit)) <= room), limited(1))


def _least(column: Sequence[str], *, whole: bool) -> int:
    """Give the width of the longest word, the heading's alone where cells are to stay whole; what is written without
    spaces between words may break anywhere.
    """
    words = [*column[0].split(), *(column[1:] if whole else (word for text in column for word in text.split()))]
    return max((len(word) if cell_len(word) == len(word) else 2 for word in words), default=1)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if isinstance(value, float) else in_words(value)


def in_words(value: object) -> str:
    """Write what a row holds for people: a chat as `role: text`, a message a line, other lists and records by their
    parts.
    """
    if isinstance(value, Mapping):
        inside = cast("Mapping[str, object]", value)
        if {*inside} == {"role", "content"}:
            return f"{inside['role']}: {inside['content']}"
        return "; ".join(f"{name}: {in_words(part)}" for name, part in inside.items())
    if isinstance(value, list | tuple):
        parts = cast("Sequence[object]", value)
        return ("\n" if any(isinstance(part, Mapping) for part in parts) else ", ").join(map(in_words, parts))
    return str(value)


def percent(share: float) -> str:
    """Write a share as a percentage with one digit."""
    return f"{100 * share:.1f} %"


def one_line(text: str, most: int = 90) -> str:
    """Make a text safe to print: one line, nothing that a terminal would obey, cut."""
    line = harmless(" ".join(text[: 2 * most].split()))
    return line if len(line) <= most else f"{line[: most - 1]}…"
