"""What a source kind hands over: blocks of raw records, and the records it could not read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import polars as pl

LINE = "__line"
"""Column with the record's line (or number) in its file, from 1."""
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
class Batch:
    """A block of records of one file.

    Attributes:
        frame: the source's own columns, with `LINE`.
    """

    file: str
    frame: pl.DataFrame
    bad: list[BadRow] = field(default_factory=list)


@dataclass(frozen=True)
class Opened:
    """A file of a source: its name within the source, and how to open it (decompressed)."""

    name: str
    open: Callable[[], BinaryIO]


def excerpt(raw: str | bytes) -> str:
    """Make the first characters of a record storable and printable."""
    text = raw[: 4 * EXCERPT].decode("utf-8", "replace") if isinstance(raw, bytes) else raw[:EXCERPT]
    return text[:EXCERPT].encode("utf-8", "backslashreplace").decode("utf-8")


def blocks(file: Opened, encoding: str, block_bytes: int) -> Iterator[tuple[int, list[str | bytes]]]:
    """Read a text file in blocks of whole lines.

    Lines end with LF, CRLF or CR-less end of file; a byte order mark at the start is no part of the text. A line that is
    not valid in `encoding` is given as bytes.

    Yields:
        Number of the block's first line (from 1), and its lines without their ends.
    """
    number, rest = 1, b""
    with file.open() as stream:
        if _is_wide(encoding):
            text = stream.read().decode(encoding, "replace").removeprefix("\ufeff")
            yield 1, list(_split(text))
            return
        first = True
        while block := stream.read(block_bytes):
            if first:
                block, first = block.removeprefix(b"\xef\xbb\xbf"), False
            *whole, rest = (rest + block).split(b"\n") if b"\n" in block else (rest + block,)
            if whole:
                yield number, _decoded(whole, encoding)
                number += len(whole)
    if rest:
        yield number, _decoded([rest], encoding)


def _is_wide(encoding: str) -> bool:
    """Say whether a line end takes more than the byte 0x0A in this encoding."""
    return "\n".encode(encoding) != b"\n"


def _split(text: str) -> Iterable[str]:
    lines = text.split("\n")
    return (line.removesuffix("\r") for line in (lines[:-1] if lines[-1] == "" else lines))


def _decoded(lines: list[bytes], encoding: str) -> list[str | bytes]:
    try:
        return [line.removesuffix("\r") for line in b"\n".join(lines).decode(encoding).split("\n")]
    except UnicodeDecodeError:
        return [_line(line.removesuffix(b"\r"), encoding) for line in lines]


def _line(line: bytes, encoding: str) -> str | bytes:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return line


def bad_encoding(line: int, raw: bytes, encoding: str) -> BadRow:
    """Say that a line is not text in the source's encoding."""
    return BadRow(line, "bad_encoding", f"not valid {encoding}", excerpt(raw))


def as_text(value: Any) -> str | None:
    """Write a JSON value as a text: numbers as they are, a list of one value as that value, others as JSON.

    Raises:
        UnicodeEncodeError: it holds half of a surrogate pair.
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is None:
        return None
    text = value if isinstance(value, str) else _json(value)
    if not text.isascii():
        text.encode("utf-8")
    return text


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def from_records(name: str, records: Iterable[tuple[int, dict[str, Any]]], bad: list[BadRow]) -> Batch:
    """Make a batch of records with numbers; keys that a record lacks are null."""
    columns: dict[str, list[str | None]] = {}
    numbers: list[int] = []
    for number, record in records:
        try:
            row = {str(key): as_text(value) for key, value in record.items()}
        except UnicodeEncodeError:
            bad.append(BadRow(number, "bad_encoding", "half of a surrogate pair", excerpt(str(record))))
            continue
        for key in row.keys() - columns.keys():
            columns[key] = [None] * len(numbers)
        for key, values in columns.items():
            values.append(row.get(key))
        numbers.append(number)
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return Batch(name, frame.with_columns(pl.Series(LINE, numbers, pl.Int64)), bad)
