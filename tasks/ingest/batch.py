"""What a source kind hands over: blocks of raw records, and the records it could not read."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

import polars as pl

LINE = "__line"
"""Column with the record's line (or number) in its file, from 1."""
FILE, PART = "__file", "__part"
"""Columns with the record's file, and with the number of its batch, where several are mapped together."""
MEDIA = "__media"
"""Column with the record's image or audio: `bytes` as they stand in the file, and `path`, its name."""
MEDIA_TYPE = pl.Struct({"bytes": pl.Binary, "path": pl.String})
ROLES, REASON = "__roles", "__reason"
"""Columns with what the roles of the task's layout hold of a record, and with why it cannot be used."""
CELLS, UNREAD, WHY = "__cells", "__unread", "__why"
"""Columns with what those roles hold that are no texts, and with why a cell cannot be read: a code, and words."""
HOLDS = "__holds"
"""Column with the number of the first rule for labels that holds of the record."""
OURS = frozenset({LINE, FILE, PART, MEDIA, ROLES, REASON, CELLS, UNREAD, WHY, HOLDS})
"""Names that no column of a source can have here."""
EXCERPT = 500


@dataclass(frozen=True)
class BadRow:
    """A record that could not be used.

    Attributes:
        line: line or number of the record, from 1.
        reason: a code such as `bad_fields`.
        raw: the record as it stood, as far as it can be shown.
    """

    line: int
    reason: str
    detail: str
    raw: str


@dataclass(frozen=True)
class Mark:
    """A place in a file between two records: those before it are complete, whatever is appended to the file.

    Attributes:
        offset: bytes before it.
        line: number of the line that begins there.
        tag: fingerprint of what is before it, where an earlier reading ended there.
    """

    offset: int
    line: int
    tag: str = ""


START = Mark(0, 1)
Record = Mapping[str, object]
"""A record as its format gives it: column -> value."""


@dataclass(frozen=True)
class Batch:
    """A block of records of one file.

    Attributes:
        frame: the source's own columns, all of them text, with `LINE`, and with `MEDIA` where the source has media.
        loose: whether a record may lack any column; one that earlier records of the file had is null then.
        left_out: reason -> records that are left out on purpose.
        mark: place up to which this batch and those before it give the file; None where reading cannot be taken up
            again.
    """

    file: str
    frame: pl.DataFrame
    bad: list[BadRow] = field(default_factory=list)
    loose: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)
    mark: Mark | None = None


@dataclass(frozen=True)
class Opened:
    """A file of a source: its name within the source, and how to open it (decompressed).

    Attributes:
        mark: where to begin; another place than the start only for kinds that set marks on their batches.
    """

    name: str
    open: Callable[[], BinaryIO]
    mark: Mark = START


@dataclass(frozen=True)
class Part:
    """What of a source is read by itself: a file, or the whole of a source that is not made of files.

    Attributes:
        name: its name within the source, the same on every machine.
        read: gives its records from a mark on.
        begins: says whether what an earlier reading saw of it, by size and tag, is how it still begins.
        read_on: how to say that it is read from a mark on.
    """

    name: str
    read: Callable[[Mark], Iterator[Batch]]
    begins: Callable[[int, str], bool]
    read_on: str = "read on from byte {mark.offset:,} (line {mark.line:,})"


def excerpt(raw: str | bytes) -> str:
    """Make the first characters of a record storable and printable."""
    text = raw[: 4 * EXCERPT].decode("utf-8", "replace") if isinstance(raw, bytes) else raw[:EXCERPT]
    return text[:EXCERPT].encode("utf-8", "backslashreplace").decode("utf-8")


def bad_encoding(line: int, raw: bytes, encoding: str) -> BadRow:
    """Say that a line is not text in the source's encoding."""
    return BadRow(line, "bad_encoding", f"not valid {encoding}", excerpt(raw))


def as_text(value: object) -> str | None:
    """Write a value as a text: numbers as they are, a list of one value as that value, nested values as JSON, bytes
    that are no text as null.

    Raises:
        UnicodeEncodeError: it holds half of a surrogate pair.
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    in_json = isinstance(value, list | dict | int | float)
    text = json.dumps(value, ensure_ascii=False, default=_plain) if in_json else _plain(value)
    if text is not None and not text.isascii():
        text.encode("utf-8")
    return text


def _plain(value: object) -> str | None:
    """Give what JSON has no form for: bytes as text where they are text, dates and the like as they are written."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def from_records(name: str, records: Iterable[tuple[int, Record]], bad: list[BadRow]) -> Batch:
    """Make a batch of records with numbers; keys that a record lacks are null."""
    numbers: list[int] = []
    rows: list[dict[str, str | None]] = []
    for number, record in records:
        try:
            row = {as_text(str(key)) or "": as_text(value) for key, value in record.items()}
        except UnicodeEncodeError:
            bad.append(BadRow(number, "bad_encoding", "half of a surrogate pair", excerpt(str(record))))
            continue
        numbers.append(number)
        rows.append(row)
    names = [name for name in dict.fromkeys(chain.from_iterable(rows)) if name not in OURS]
    columns = {key: pl.Series([row.get(key) for row in rows], dtype=pl.String) for key in names}
    return Batch(name, pl.DataFrame(columns | {LINE: pl.Series(numbers, dtype=pl.Int64)}), bad, loose=True)
