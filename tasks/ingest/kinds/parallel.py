"""Parallel text: files whose lines belong together by number, such as a text and its translation, or texts and their
labels.

`path` names a column for each file. Line n of every file is record n: the files must have equally many lines. A line
that cannot be used in one of them, or is blank in some but not in all, costs its record and moves no other. Of globs
the first files belong together, then the second, by name.

Recipe:
    kind: parallel
    path: {en: multi30k/train.en.gz, de: multi30k/train.de.gz}
    columns: {text: "{en} = {de}"}
    label: translation
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from typing import Literal

import polars as pl
from pydantic import Field, field_validator

from tasks.core.errors import QualityGate
from tasks.ingest.batch import LINE, OURS, BadRow, Batch, Opened, bad_encoding, excerpt
from tasks.ingest.blocks import blocks
from tasks.ingest.files import whole
from tasks.ingest.settings import FileSettings

BLOCK_BYTES = 8 << 20
BATCH_ROWS, BATCH_CHARS = 50_000, 8 << 20


class Params(FileSettings):
    """Settings of parallel text."""

    kind: Literal["parallel"] = "parallel"
    path: dict[str, str] = Field(min_length=2)
    """Column -> file, glob or URL; relative paths start at the recipe's folder."""

    @field_validator("path")
    @classmethod
    def _free_names(cls, path: dict[str, str]) -> dict[str, str]:
        if taken := OURS & path.keys():
            raise ValueError(f"no column can be called {min(taken)!r} here; take another name")
        return path

    @property
    def paths(self) -> tuple[str, ...]:
        """Everything that is to be read."""
        return tuple(self.path.values())


Line = str | bytes | None
"""A line that is bytes is not valid in the encoding; None comes after the end of its file."""


def batches_together(files: Sequence[Sequence[Opened]], params: Params) -> Iterator[Batch]:
    """Read the files of all columns side by side.

    Raises:
        QualityGate: files that belong together differ in length, or the columns have not equally many files.
    """
    if len({len(column) for column in files}) > 1:
        counted = ", ".join(f"{name} {len(column):,}" for name, column in zip(params.path, files, strict=True))
        raise QualityGate(
            f"every column must have equally many files, to be put side by side by name; there are: {counted}"
        )
    for together in zip(*files, strict=True):
        yield from _aligned(together, params)


def _aligned(files: Sequence[Opened], params: Params) -> Iterator[Batch]:
    records = list[tuple[int, tuple[Line, ...]]]()
    size = 0
    together = enumerate(zip_longest(*(_lines(file, params.encoding) for file in files)), 1)
    for number, lines in together:
        if None in lines:
            raise _differ(files, number - 1, chain([lines], (lines for _, lines in together)))
        records.append((number, lines))
        size += sum(len(line or "") for line in lines)
        if len(records) == BATCH_ROWS or size >= BATCH_CHARS:
            yield _batch(files[0].name, params, records)
            records, size = [], 0
    yield _batch(files[0].name, params, records)


def _lines(file: Opened, encoding: str) -> Iterator[Line]:
    with whole(file.name):
        for _, lines in blocks(file, encoding, BLOCK_BYTES):
            yield from lines


def _differ(files: Sequence[Opened], before: int, rest: Iterable[tuple[Line, ...]]) -> QualityGate:
    """Count the lines of each file, all of which have `before`."""
    counts = [before] * len(files)
    for lines in rest:
        counts = [count + (line is not None) for count, line in zip(counts, lines, strict=True)]
    counted = ", ".join(f"{file.name} {count:,}" for file, count in zip(files, counts, strict=True))
    return QualityGate(f"files that belong together line by line must have equally many lines; they have: {counted}")


def _batch(name: str, params: Params, records: Sequence[tuple[int, tuple[Line, ...]]]) -> Batch:
    bad, good = list[BadRow](), list[tuple[int | Line, ...]]()
    for number, lines in records:
        if broken := _unusable(number, dict(zip(params.path, lines, strict=True)), params.encoding):
            bad.append(broken)
        else:
            good.append((number, *lines))
    return Batch(
        name, pl.DataFrame(good, schema={LINE: pl.Int64} | dict.fromkeys(params.path, pl.String), orient="row"), bad
    )


def _unusable(number: int, lines: dict[str, Line], encoding: str) -> BadRow | None:
    """Say what is wrong with lines that belong together; the column is named."""
    for column, line in lines.items():
        if isinstance(line, bytes):
            return replace(bad_encoding(number, line, encoding), detail=f"{column}: not valid {encoding}")
    full = [column for column, line in lines.items() if line and line.strip()]
    if full and len(full) < len(lines):
        blank = next(column for column in lines if column not in full)
        return BadRow(number, "blank_line", f"{blank}: blank, while {full[0]} is not", excerpt(lines[full[0]] or ""))
    return None
