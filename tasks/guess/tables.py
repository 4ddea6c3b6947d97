"""Whether text is a table, and how its lines are cut: delimiter, quotes, header."""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import polars as pl

from tasks.core import registry
from tasks.guess.heads import Head
from tasks.guess.names import is_known
from tasks.guess.sections import OF_SUFFIX, SourceSection
from tasks.ingest import kinds as source_kinds
from tasks.ingest.batch import Opened
from tasks.text.words import space_clusters

USUAL = {"\t": 0.8, ",": 0.95, ";": 0.95, "|": 0.95}
"""Delimiter -> share of the lines that must have the usual number of fields."""
RARE = {"@": 0.9, "::": 0.95, "||": 0.95, "\x01": 0.9, "^": 0.95, "~": 0.95, ":": 0.95}
"""Delimiters that need a column of labels beside them to be believed."""
SAMPLE = 1 << 18
LEAST_LINES = 10
"""Lines that a table without a telling name must have."""
TOLERATED = 0.005
"""Share of bad lines that says nothing."""
SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n')
WRAPPED = re.compile(r'"(?:[^"]|"")*"')
HEADING = re.compile(r"[^\W\d][\w .:/()%#（）：／％＃・\u200c-]*")
LONGEST_HEADING = 40
MOST_CLASSES, LEAST_REPEATED = 20, 3
"""A column of at most so many values, each of which comes at least so often, holds labels."""


class NotUnderstood(ValueError):
    """A file that no kind of source reads; the text says why."""


@dataclass(frozen=True)
class Cut:
    """One way to cut the lines, and what it gives.

    Attributes:
        bad: share of the records that do not fit.
        rows: the records that do.
    """

    delimiter: str
    quoting: bool
    width: int
    bad: float
    rows: list[tuple[str, ...]]
    overflow: str | None = None


def table_of(head: Head) -> tuple[SourceSection, tuple[str, ...]] | None:
    """Guess how the lines of a text are cut into fields.

    Returns:
        Settings of a delimited source and the evidence; None where it is no table.

    Raises:
        NotUnderstood: its first line names other columns than its records have.
    """
    suffix = head.name.suffix.lower()
    data = head.text[:SAMPLE]
    text = data if len(data) == len(head.text) else data[: data.rfind("\n") + 1] or data
    by_name = OF_SUFFIX.get(suffix)
    if said := SEPARATOR.match(text):  # the kind passes such a line over, too
        text, by_name = text[said.end() :], said[1]
    cut = _best(text, by_name)
    if cut is None:
        return None
    header, why = has_header(cut.rows)
    first = _first_record(text, cut)
    if len(first) != cut.width and not cut.overflow:
        _refuse_uneven(first, cut, header=header)
    settings: SourceSection = {"kind": "delimited", "delimiter": cut.delimiter}
    if not header:
        settings["header"] = False
    if not cut.quoting and (len(cut.delimiter) == 1):
        settings["quoting"] = False
    if cut.overflow:
        settings["overflow"] = cut.overflow
    if not header and len(first) != cut.width:
        settings["fields"] = cut.width
    fits = (
        f"{100 * (1 - cut.bad):.1f} % of its first {len(cut.rows):,} records have {cut.width} fields between "
        f"{cut.delimiter!r}"
    )
    return settings, (fits, why)


def _first_record(text: str, cut: Cut) -> list[str]:
    """Cut the first record that is not blank, whether it fits or not."""
    lines = (line for line in io.StringIO(text) if line.strip())
    records = csv.reader(lines, delimiter=cut.delimiter) if cut.quoting and len(cut.delimiter) == 1 else None
    first = next(records, []) if records else next(lines, "").rstrip("\r\n").split(cut.delimiter)
    return [cell.strip() for cell in first]


def _refuse_uneven(first: Sequence[str], cut: Cut, *, header: bool) -> None:
    """Say what to do where the first line has another number of fields than the records, and names columns or stands
    above the line that does: no reader could tell which column is which.
    """
    end, both = repr(cut.delimiter), min(len(first), cut.width)
    counts = f"{len(first):,} and {cut.width:,} fields"
    if has_header([first[:both], *(row[:both] for row in cut.rows)])[0]:
        if len(first) < cut.width and not any(cell.strip() for row in cut.rows for cell in row[both:]):
            raise NotUnderstood(
                f"its records end in {end} and its first line, which names the columns, does not ({counts}); end the "
                f"first line in {end}, too"
            )
        if len(first) > cut.width and not any(first[both:]):
            raise NotUnderstood(
                f"its first line, which names the columns, ends in {end} and its records do not ({counts}); take it "
                "out of the first line"
            )
        raise NotUnderstood(
            f"its first line, which names the columns, and its records have {counts}; name each column there, and no "
            "other"
        )
    if header:
        raise NotUnderstood(
            f"the line that names its columns is not its first one, which has {len(first):,} of {cut.width:,} fields; "
            "take out what stands above it"
        )


def _best(text: str, by_name: str | None) -> Cut | None:
    lines = [line for line in text.split("\n") if line.strip()]
    usual = [by_name, *(sign for sign in USUAL if sign != by_name)] if by_name else list(USUAL)
    cuts = [cut for sign in usual if (cut := _cut(text, lines, sign, USUAL[sign], named=sign == by_name))]
    if cuts:
        return min(cuts, key=lambda cut: round(cut.bad, 2))
    rare = (_cut(text, lines, sign, share, named=False) for sign, share in RARE.items())
    if cut := next((cut for cut in rare if cut and _has_labels(cut.rows)), None):
        return cut
    return _one_column(text, by_name) if by_name else None


def _cut(text: str, lines: Sequence[str], delimiter: str, least: float, *, named: bool) -> Cut | None:
    if sum(delimiter in line for line in lines) < 0.5 * len(lines):
        return None
    bare = _tried(text, delimiter, lines, quoting=False)
    quoted = _tried(text, delimiter, lines, quoting=True) if len(delimiter) == 1 else None
    cut = _chosen(bare, quoted)
    if cut is None or 1 - cut.bad < (0.8 if named else least):
        return None
    if not named and delimiter != "\t" and len(cut.rows) < LEAST_LINES and not has_header(cut.rows)[0]:
        return None
    return _with_overflow(text, cut) if not cut.quoting and cut.bad else cut


def _chosen(bare: Cut | None, quoted: Cut | None) -> Cut | None:
    """Take quotes for what they are only where that makes more records fit, or as many and a field is quoted whole."""
    if bare is None or quoted is None:
        return bare or quoted
    if bare.bad <= min(TOLERATED, quoted.bad):
        takes = len(quoted.rows) == len(bare.rows) and _uses_quotes(bare)
        return quoted if takes else bare
    return quoted if quoted.bad <= bare.bad else bare


def _uses_quotes(bare: Cut) -> bool:
    """Say whether quotes are those of the format, where fields are the same with and without: a whole column has them,
    or they are doubled.
    """
    marked = [field for row in bare.rows for field in row if '"' in field]
    if not marked:
        return bare.delimiter in ",;"
    whole = any(all(WRAPPED.fullmatch(field) for field in column) for column in zip(*bare.rows, strict=True))
    doubled = any('""' in field[1:-1] for field in marked)
    return (whole or doubled) and all(WRAPPED.fullmatch(field) for field in marked)


def _tried(text: str, delimiter: str, lines: Sequence[str], *, quoting: bool) -> Cut | None:
    try:
        records = (
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            if quoting
            else (line.split(delimiter) for line in lines)
        )
        widths = Counter(len(record) for record in records if record)
    except csv.Error:
        return None
    width = max(widths, key=lambda width: (widths[width], width), default=0)
    return _read(text, delimiter, width, quoting=quoting) if width > 1 else None


def _read(text: str, delimiter: str, width: int, *, quoting: bool, overflow: str | None = None) -> Cut:
    """Read with the source's own reader, so that what is judged is what a run would get."""
    kind = registry.load(source_kinds, "delimited")
    params = kind.Params(
        path="head", delimiter=delimiter, quoting=quoting, header=False, fields=width, overflow=overflow
    )
    batches = list(kind.batches(Opened("head", lambda: io.BytesIO(text.encode("utf-8", "replace"))), params))
    rows = [row[:-1] for batch in batches for row in batch.frame.iter_rows()]
    bad = sum(len(batch.bad) for batch in batches)
    return Cut(delimiter, quoting, width, bad / max(1, bad + len(rows)), rows, overflow)


def _with_overflow(text: str, cut: Cut) -> Cut:
    """Let the longest column have the surplus delimiters, where it is at an end."""
    lengths = [sum(map(len, column)) for column in zip(*cut.rows, strict=True)]
    longest = lengths.index(max(lengths))
    where = {0: "first", cut.width - 1: "last"}.get(longest)
    better = _read(text, cut.delimiter, cut.width, quoting=False, overflow=where) if where else cut
    return better if better.bad < cut.bad else cut


def _one_column(text: str, delimiter: str) -> Cut | None:
    cut = _read(text, delimiter, 1, quoting=True)
    return cut if cut.bad <= TOLERATED and cut.rows else None


def _has_labels(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether the first or last column has few short values that come back."""
    ends = [{row[at].strip() for row in rows} for at in (0, -1)] if rows else []
    return any(
        2 <= len(values) <= 20 and len(values) * LEAST_LINES <= len(rows) and max(map(len, values)) <= 20
        for values in ends
    )


def has_header(rows: Sequence[Sequence[str]]) -> tuple[bool, str]:
    """Say whether the first record names the columns, and why."""
    if not rows:
        return True, "there is one record only"
    first, columns = [cell.strip() for cell in rows[0]], list(zip(*rows[1:1000], strict=True))
    if value := _value_in(first, columns):
        return False, f"its first record names nothing: {value[:40]!r} is a value"
    pairs = list(zip(first, columns, strict=True)) if columns else []
    lengths = [(_lengths([cell])[0], _lengths(column)) for cell, column in pairs]
    known = next((cell for cell in first if is_known(cell)), None)
    reasons = {
        f"its first record names the columns, such as {known!r}": known is not None,
        "its first record is all words, over a column of numbers": any(_numeric(column) for _, column in pairs),
        "its first record is much shorter than the others": any(
            sum(lengths_below) > 3 * max(10, length) * len(lengths_below) for length, lengths_below in lengths
        ),
        "its first record is short, and over a column of labels it is none of them": any(
            2 * length <= median(lengths_below) for length, lengths_below in lengths
        )
        and any(map(_is_of_labels, columns)),
    }
    why = next((reason for reason, holds in reasons.items() if holds), None)
    return why is not None, why or "nothing tells its first record from the others"


def _lengths(cells: Sequence[str]) -> list[int]:
    """Count characters, and three for a letter of a script without spaces: it is a word, or half of one."""
    return space_clusters(pl.Series(cells, dtype=pl.String)).str.len_chars().to_list()


def _is_of_labels(column: Sequence[str]) -> bool:
    counts = Counter(value.strip() for value in column)
    return 2 <= len(counts) <= MOST_CLASSES and min(counts.values()) >= LEAST_REPEATED


def _value_in(first: Sequence[str], columns: Sequence[Sequence[str]]) -> str | None:
    """Find a cell of the first record that cannot be a name: no words, or a value that comes again."""
    for at, cell in enumerate(first):
        # Tables often have a column of numbers without a name in front, and an empty one behind a last delimiter.
        empty = bool(columns) and not any(value.strip() for value in columns[at])
        nothing = not cell and (at == 0 or empty)
        if not nothing and not _may_name(cell):
            return cell or "nothing"
        if cell and ((columns and cell in columns[at]) or (cell in first[:at] and not is_known(cell))):
            return cell
    return None


def _may_name(cell: str) -> bool:
    """Say whether a cell is a few words; the marks on letters, as Hindi and Thai have them, are part of a word."""
    letters = "".join(char for char in cell if unicodedata.category(char)[0] != "M")
    return bool(HEADING.fullmatch(letters)) and len(cell.split()) <= 4 and _lengths([cell])[0] <= LONGEST_HEADING


def _numeric(column: Sequence[str]) -> bool:
    filled = [value for value in column if value.strip()]
    return bool(filled) and all(re.fullmatch(r"\s*[-+]?\d+(\.\d+)?([eE][-+]?\d+)?\s*", value) for value in filled)
