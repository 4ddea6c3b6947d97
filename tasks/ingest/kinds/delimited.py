"""Delimited text (CSV, TSV and their like): any delimiter, header or not, quoting or not.

A text that may hold the delimiter itself is read with `overflow`: surplus fields are joined to the `first` or the `last` field.

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
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from tasks.ingest.batch import LINE, START, BadRow, Batch, Opened, bad_encoding, byte_blocks, excerpt, lines_of, mark_after
from tasks.ingest.columns import unique
from tasks.ingest.settings import FileSettings

BLOCK_BYTES = 8 << 20
MOST_LINES = 1_000
"""A quoted field over more lines than this is an unclosed quote."""
LONGEST_FIELD = 2**31 - 1


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
    """Read a file block by block."""
    rows = _Rows(params)
    if file.mark.offset:
        rows.take_names(replace(file, mark=START))
    for block in byte_blocks(file, params.encoding, BLOCK_BYTES):
        records, bad = rows.read(block.mark.line, lines_of(block, params.encoding))
        batch = _batch(file.name, rows.names, records, bad)
        yield replace(batch, mark=None if rows.waiting else mark_after(block, params.encoding))
    if rows.waiting:
        records, bad = rows.rest()
        yield _batch(file.name, rows.names, records, bad)


def _batch(name: str, names: list[str], records: list[tuple[int, list[str]]], bad: list[BadRow]) -> Batch:
    columns = list(zip(*(fields for _, fields in records), strict=True)) or [()] * len(names)
    frame = pl.DataFrame({column: pl.Series(values, dtype=pl.String) for column, values in zip(names, columns, strict=True)})
    return Batch(name, frame.with_columns(pl.Series(LINE, [number for number, _ in records], pl.Int64)), bad)


class _Rows:
    """Cuts lines into records; keeps what a block leaves unfinished for the next one."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self.names: list[str] = []
        self.width = params.fields
        self.waiting: list[tuple[int, str]] = []
        self.held: list[BadRow] = []

    def take_names(self, file: Opened) -> None:
        """Name the columns from the start of a file, whose records are not wanted."""
        for block in byte_blocks(file, self.params.encoding, BLOCK_BYTES):
            self.read(block.mark.line, lines_of(block, self.params.encoding))
            if self.names:
                break
        self.waiting, self.held = [], []

    def read(self, start: int, lines: list[str | bytes]) -> tuple[list[tuple[int, list[str]]], list[BadRow]]:
        """Cut the lines of one block; a record that is still open at its end waits for the next block."""
        bad = [bad_encoding(number, line, self.params.encoding) for number, line in enumerate(lines, start) if isinstance(line, bytes)]
        fresh = [(number, line) for number, line in enumerate(lines, start) if isinstance(line, str)]
        records: list[tuple[int, list[str]]] = []
        todo = self.waiting + fresh
        cut = self._quoted if self.params.quoting and len(self.params.separator) == 1 else self._split
        self.waiting = cut(todo, records, bad)
        fitting = self._fitting(records, dict(todo), bad)
        # Bad rows come in the order of their lines: those after a record that is still open wait with it.
        every, after = [*self.held, *bad], self.waiting[0][0] if self.waiting else start + len(lines)
        self.held = [row for row in every if row.line >= after]
        return fitting, [row for row in every if row.line < after]

    def rest(self) -> tuple[list[tuple[int, list[str]]], list[BadRow]]:
        """Cut what still waits at the end of the file: its first line opens a quote that nothing closes."""
        records: list[tuple[int, list[str]]] = []
        bad: list[BadRow] = []
        todo = self.waiting
        texts = dict(todo)
        while todo:
            number, line = todo[0]
            bad.append(_unclosed(number, line))
            todo = self._quoted(todo[1:], records, bad)
        self.waiting = []
        return self._fitting(records, texts, bad), [*self.held, *bad]

    def _split(self, todo: list[tuple[int, str]], records: list[tuple[int, list[str]]], _bad: list[BadRow]) -> list[tuple[int, str]]:
        separator = self.params.separator
        records += [(number, line.split(separator)) for number, line in todo if line]
        return []

    def _quoted(self, todo: list[tuple[int, str]], records: list[tuple[int, list[str]]], bad: list[BadRow]) -> list[tuple[int, str]]:
        """Cut with the csv module; gives the lines of a last record that is not closed."""
        csv.field_size_limit(LONGEST_FIELD)
        at = 0
        while at < len(todo):
            lines = _Lines(todo, at)
            try:
                for fields in csv.reader(lines, delimiter=self.params.separator, strict=True):
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
                    bad.append(_unclosed(number, line))
                at = lines.begun + 1
        return []

    def _fitting(self, records: list[tuple[int, list[str]]], texts: dict[int, str], bad: list[BadRow]) -> list[tuple[int, list[str]]]:
        """Name the columns from the first record, then keep the records of that width."""
        if not self.names and records:
            first = records[0][1]
            width = self.width or len(first)
            self.names = unique(name.strip() for name in first) if self.params.header else [str(number) for number in range(width)]
            self.width = len(self.names)
            records = records[1:] if self.params.header else records
        fitted: list[tuple[int, list[str]]] = []
        for number, fields in records:
            joined = self._joined(fields)
            if len(joined) == self.width:
                fitted.append((number, joined))
            else:
                bad.append(BadRow(number, "bad_fields", f"{len(fields)} fields, want {self.width}", excerpt(texts.get(number, ""))))
        return fitted

    def _joined(self, fields: list[str]) -> list[str]:
        surplus = len(fields) - (self.width or 0)
        if surplus <= 0 or not self.params.overflow:
            return fields
        separator = self.params.separator
        if self.params.overflow == "first":
            return [separator.join(fields[: surplus + 1]), *fields[surplus + 1 :]]
        return [*fields[: -surplus - 1], separator.join(fields[-surplus - 1 :])]


class _Lines:
    """An iterator over lines that knows where the record in hand began, and ends when that one grows past all measure."""

    def __init__(self, todo: list[tuple[int, str]], at: int) -> None:
        self.todo, self.at, self.begun = todo, at, at

    def __iter__(self) -> "Iterator[str]":
        return self

    def __next__(self) -> str:
        if self.at >= len(self.todo) or self.at - self.begun > MOST_LINES:
            raise StopIteration
        self.at += 1
        return self.todo[self.at - 1][1] + "\n"


def _unclosed(number: int, line: str) -> BadRow:
    return BadRow(number, "bad_fields", "a quote that nothing closes", excerpt(line))
