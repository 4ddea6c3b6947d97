"""Delimited text (CSV, TSV and their like): any delimiter, header or not, quoting or not.

A text that may hold the delimiter itself is read with `overflow`: surplus fields are joined to the `first` or the
`last` field.

Recipe:
    kind: delimited
    path: posts.csv
    delimiter: ";"
    header: false
    quoting: false
    overflow: last
    columns: {text: 2, label: 1}
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import polars as pl
from pydantic import Field

from tasks.core.errors import RecipeError
from tasks.ingest.batch import LINE, START, BadRow, Batch, Mark, Opened, bad_encoding, excerpt
from tasks.ingest.blocks import byte_blocks, decoded, mark_after
from tasks.ingest.columns import unique
from tasks.ingest.cut import Records, find_records, joined
from tasks.ingest.lines import Lines, after, cut_lines, is_text, likely_encodings, unclosed
from tasks.ingest.settings import FileSettings

BLOCK_BYTES = 2 << 20
SEPARATOR = re.compile(rb'"?sep=([\t,;|^~:])"?\r?\n')
"""A first line that says what cuts the others."""
MOST_LINES = 1_000
"""A quoted field over more lines than this is an unclosed quote."""
csv.field_size_limit(2**31 - 1)


class Params(FileSettings):
    """Settings of a delimited source."""

    alone: ClassVar[bool] = True
    kind: Literal["delimited"] = "delimited"
    delimiter: str | None = Field(default=None, min_length=1)
    """One character or several; by default a tab for `.tsv`, `|` for `.psv`, else a comma."""
    header: bool = True
    """Whether the first line names the columns; else they are numbered from 0."""
    quoting: bool = True
    """Whether `"` quotes fields; needs a delimiter of one character."""
    overflow: Literal["first", "last"] | None = None
    """Field that surplus delimiters belong to; needs `quoting: false`."""
    fields: int | None = Field(default=None, ge=1)
    """Number of fields of a line, where there is no header; by default as many as the first line has."""

    @property
    def separator(self) -> str:
        """The delimiter to use."""
        name = self.path.lower().removesuffix(".gz")
        return self.delimiter or {".tsv": "\t", ".psv": "|"}.get(name[-4:], ",")


def batches(file: Opened, params: Params) -> Iterator[Batch]:
    """Read a file block by block; a record that is still open at the end of a block waits for the next one."""
    rows = _Rows(params, file.name)
    if file.mark.offset:
        rows.take_names(replace(file, mark=START))
    waiting, line = b"", file.mark.line
    for block in byte_blocks(file, params.encoding, BLOCK_BYTES):
        data = waiting + block.data if waiting else block.data
        part = rows.read(data, line)
        waiting, line = data[part.used :], line + part.lines
        end = mark_after(block, params.encoding)
        yield Batch(file.name, part.frame, part.bad, mark=end and Mark(end.offset - len(waiting), line))
    if waiting:
        part = rows.read(waiting, line, last=True)
        yield Batch(file.name, part.frame, part.bad)


@dataclass(frozen=True)
class _Part:
    """What a piece of text gave.

    Attributes:
        used, lines: bytes and lines of it that are done with.
    """

    frame: pl.DataFrame
    bad: list[BadRow]
    used: int
    lines: int


Record = tuple[int, list[str]]
"""Number of its first line, and its fields."""


class _Rows:
    """Cuts text into records: all at once where it is regular, else line by line.

    Attributes:
        names: columns, once the first record is seen.
    """

    def __init__(self, params: Params, file: str) -> None:
        self.params, self.file = params, file
        self.names: list[str] = []
        self.take_separator(params.separator)

    def take_separator(self, separator: str) -> None:
        """Cut fields at this."""
        self.separator = separator
        self.quoted = self.params.quoting and len(separator) == 1
        self.simple = (
            len(separator) == 1
            and separator.isascii()
            and (separator.isprintable() or separator == "\t")
            and separator != '"'
        )

    def take_names(self, file: Opened) -> None:
        """Name the columns from the start of a file, whose records are not wanted."""
        waiting = b""
        for block in byte_blocks(file, self.params.encoding, BLOCK_BYTES):
            data = waiting + block.data
            waiting = data[self.read(data, 1).used :]
            if self.names:
                return

    def read(self, data: bytes, line: int, *, last: bool = False) -> _Part:
        """Cut whole lines, the first of which is number `line`.

        Args:
            last: whether nothing follows, so that a record that is still open will not be closed.
        """
        if line == 1 and (said := SEPARATOR.match(data)):
            # What spreadsheets write for each other is no record.
            if self.params.delimiter is None:
                self.take_separator(said[1].decode())
            rest = self.read(data[said.end() :], 2, last=last)
            return replace(rest, used=rest.used + said.end(), lines=rest.lines + 1)
        text = decoded(data, self.params.encoding)
        if text is None or not self.simple or last:
            return self._careful(data, line, last=last)
        plain = text.replace("\r\n", "\n").encode() if "\r" in text or self.params.encoding != "utf-8" else data
        ended = plain if plain.endswith(b"\n") else plain + b"\n"
        records = None if b"\r" in ended else find_records(ended, self.separator, quoted=self.quoted)
        part = self._fast(ended, records, line) if records and records.longest <= MOST_LINES else None
        if part is None:
            return self._careful(data, line, last=False)
        return replace(part, used=len(data)) if part.used == len(ended) else replace(part, used=after(data, part.lines))

    def _fast(self, data: bytes, found: Records, line: int) -> _Part | None:
        """Give the records of regular text; those of another width one by one."""
        keep = found.fields > 0
        if not self.names and keep.any():
            first = int(np.argmax(keep))
            record = data[int(found.starts[first]) : int(found.ends[first])].decode()
            self._name(self._fields(record))
            keep[first] &= not self.params.header
        fits = keep & (found.fields == len(self.names))
        frame = self._parsed(joined(data, found, fits), found.lines[fits] + line)
        if frame is None:
            return None
        bad, records = list[BadRow](), list[Record]()
        for at in np.flatnonzero(keep & ~fits).tolist():
            text = data[int(found.starts[at]) : int(found.ends[at])].decode()
            records += self._fitting(
                [(int(found.lines[at]) + line, self._fields(text))],
                {int(found.lines[at]) + line: text.partition("\n")[0]},
                bad,
            )
        frame = pl.concat([frame, self._frame(records)]).sort(LINE) if records else frame
        used = found.used
        return _Part(frame, bad, used, data.count(b"\n", 0, used))

    def _fields(self, record: str) -> list[str]:
        separator = self.separator
        return next(csv.reader([record], delimiter=separator)) if self.quoted else record.split(separator)

    def _parsed(self, data: bytes, numbers: np.ndarray) -> pl.DataFrame | None:
        """Parse records of the right width."""
        if not len(numbers):
            return self._frame([])
        try:
            frame = pl.read_csv(
                data,
                has_header=False,
                schema=dict.fromkeys(self.names, pl.String),
                separator=self.separator,
                quote_char='"' if self.quoted else None,
                empty_string_is_null=False,
                missing_columns="raise",
                extra_columns="raise",
            )
        except pl.exceptions.PolarsError:
            return None
        return (
            frame.with_columns(pl.Series(LINE, numbers, pl.Int64))
            if frame.shape == (len(numbers), len(self.names))
            else None
        )

    def _frame(self, records: list[Record]) -> pl.DataFrame:
        columns = list(zip(*(fields for _, fields in records), strict=True)) or [()] * len(self.names)
        frame = pl.DataFrame(
            {name: pl.Series(values, dtype=pl.String) for name, values in zip(self.names, columns, strict=True)}
        )
        return frame.with_columns(pl.Series(LINE, [number for number, _ in records], pl.Int64))

    def _careful(self, data: bytes, line: int, *, last: bool) -> _Part:
        """Cut line by line; a line that is not valid in the encoding makes its record a bad one."""
        lines = list(enumerate(cut_lines(data, self.params.encoding), line))
        texts, bad, records = dict(lines), list[BadRow](), list[Record]()
        cut = self._quoted if self.quoted else self._split
        waiting = cut(lines, records, bad)
        while waiting and last:  # its first line opens a quote that nothing closes
            bad.append(unclosed(*waiting[0]))
            waiting = cut(waiting[1:], records, bad)
        fitting = self._fitting(records, texts, bad)
        done = waiting[0][0] - line if waiting else len(lines)
        bad.sort(key=lambda row: row.line)
        return _Part(self._frame(fitting), bad, after(data, done) if waiting else len(data), done)

    def _split(self, todo: list[tuple[int, str]], records: list[Record], _bad: list[BadRow]) -> list[tuple[int, str]]:
        separator = self.separator
        records += [(number, line.split(separator)) for number, line in todo if line]
        return []

    def _quoted(self, todo: list[tuple[int, str]], records: list[Record], bad: list[BadRow]) -> list[tuple[int, str]]:
        """Cut with the csv module; gives the lines of a last record that is not closed."""
        at = 0
        while at < len(todo):
            lines = Lines(todo, at)
            try:
                for fields in csv.reader(lines, delimiter=self.separator, strict=True):
                    if fields:
                        records.append((todo[lines.begun][0], fields))
                    lines.begun = lines.at
                at = len(todo)
            except csv.Error as error:
                number, line = todo[lines.begun]
                if "unexpected end" not in str(error):
                    bad.append(BadRow(number, "bad_fields", str(error), excerpt(line)))
                elif lines.at - lines.begun <= MOST_LINES:
                    return todo[lines.begun :]
                else:
                    bad.append(unclosed(number, line))
                at = lines.begun + 1
        return []

    def _name(self, first: list[str]) -> None:
        """Name the columns by the first record."""
        width = self.params.fields or len(first)
        self.names = (
            unique(name.strip() for name in first) if self.params.header else [str(number) for number in range(width)]
        )

    def _fitting(self, records: list[Record], texts: dict[int, str], bad: list[BadRow]) -> list[Record]:
        """Name the columns if they have no names yet, then keep the records of that width."""
        if not self.names and records:
            number, first = records[0]
            if self.params.header and not is_text(first):
                line = texts[number].encode("utf-8", "surrogateescape")
                raise RecipeError(
                    f"{self.file}: line {number} is not valid {self.params.encoding}; "
                    f"try encoding: {likely_encodings(line)}"
                )
            self._name(first)
            records = records[1:] if self.params.header else records
        fitted: list[Record] = []
        for number, fields in records:
            whole = self._joined(fields)
            if not is_text(whole):
                bad.append(bad_encoding(number, texts[number].encode("utf-8", "surrogateescape"), self.params.encoding))
            elif len(whole) == len(self.names):
                fitted.append((number, whole))
            else:
                bad.append(
                    BadRow(
                        number, "bad_fields", f"{len(fields)} fields, want {len(self.names)}", excerpt(texts[number])
                    )
                )
        return fitted

    def _joined(self, fields: list[str]) -> list[str]:
        surplus = len(fields) - len(self.names)
        if surplus <= 0 or not self.params.overflow:
            return fields
        separator = self.separator
        if self.params.overflow == "first":
            return [separator.join(fields[: surplus + 1]), *fields[surplus + 1 :]]
        return [*fields[: -surplus - 1], separator.join(fields[-surplus - 1 :])]
