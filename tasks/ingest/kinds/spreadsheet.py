"""Spreadsheets: Excel (.xlsx, .xlsm, .xlsb, .xls) and OpenDocument (.ods), one record a row that holds anything.

Formulas give the values that were last computed; a cell with an error is empty. Every cell of a merged area of Excel
holds the area's value. Whole numbers have no decimals, dates are written `2024-02-29`, with a time `2024-02-29
12:30:00`.

Recipe:
    kind: spreadsheet
    path: surveys/*.xlsx
    sheet: answers
    columns: {text: comment, label: verdict}
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any, ClassVar, Literal

import polars as pl
from pydantic import Field

from tasks.core.errors import QualityGate, RecipeError
from tasks.core.suggest import nearest
from tasks.ingest.batch import LINE, Batch, Opened
from tasks.ingest.columns import unique
from tasks.ingest.settings import FileSettings

BATCH_ROWS = 10_000
MOST_BYTES = 2 << 30
"""Bytes of a workbook once it is unpacked; a larger one is taken for a decompression bomb."""
LOCKED = "EncryptedPackage".encode("utf-16-le")
"""What an encrypted workbook is called inside its container."""
Cell = str | float | bool | date | time | timedelta
Area = tuple[tuple[int, int], tuple[int, int]]
"""First and last row and column of merged cells, from 0."""


class Params(FileSettings):
    """Settings of a spreadsheet."""

    alone: ClassVar[bool] = True
    kind: Literal["spreadsheet"] = "spreadsheet"
    sheet: str | int = 0
    """A sheet by number from 0, or sheets by name, as a glob: `*` reads all of them."""
    header: bool = True
    """Whether the first row names the columns; else they are numbered from 0."""
    first_row: int = Field(default=1, ge=1)
    """Number of the first row that counts; titles above it are passed over."""


def batches(file: Opened, params: Params) -> Iterator[Batch]:
    """Read a workbook whole, then the rows of its sheets in blocks.

    Raises:
        QualityGate: it is no whole workbook, or is locked by a password.
        RecipeError: it has no such sheet.
    """
    try:
        import python_calamine
    except ImportError as error:
        raise RecipeError(
            "kind spreadsheet needs python-calamine, which is not installed: pip install 'cuvee[spreadsheet]'"
        ) from error
    with file.open() as stream:
        raw = stream.read()
    _refuse_bombs(file.name, raw)
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw))
        for name in _chosen(file.name, workbook.sheet_names, params.sheet):
            yield from _of_sheet(f"{file.name}!{name}", workbook.get_sheet_by_name(name), params)
    except python_calamine.CalamineError as error:
        if isinstance(error, python_calamine.PasswordError) or LOCKED in raw:
            raise QualityGate(f"{file.name}: locked by a password; save a copy of it without one") from None
        raise QualityGate(f"{file.name}: not a whole workbook: {error}") from None


def _refuse_bombs(name: str, raw: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except zipfile.BadZipFile:
        return  # the formats that are no zip archives are not compressed either
    if size > MOST_BYTES:
        raise QualityGate(
            f"{name}: {len(raw):,} bytes that unpack to {size:,}, at most {MOST_BYTES:,} are read; split it, or "
            "save it as CSV"
        )


def _chosen(name: str, sheets: Sequence[str], wanted: str | int) -> Sequence[str]:
    chosen = (
        sheets[wanted : wanted + 1]
        if isinstance(wanted, int)
        else [sheet for sheet in sheets if fnmatchcase(sheet, wanted)]
    )
    if not chosen:
        raise RecipeError(f"{name}: there is no sheet {wanted!r};{nearest(wanted, sheets)}")
    return chosen


def _of_sheet(name: str, sheet: Any, params: Params) -> Iterator[Batch]:
    left = 0 if params.header else (sheet.start or (0, 0))[1]
    rows = enumerate(_filled(sheet.iter_rows(), sheet.merged_cell_ranges or (), (sheet.start or (0, 0))[1]), 1)
    texts = (
        (number, [None] * left + [_text(cell) for cell in row]) for number, row in rows if number >= params.first_row
    )
    full = ((number, row) for number, row in texts if any(row))
    names = unique((text or "").strip() for text in next(full, (0, []))[1]) if params.header else []
    while block := list(islice(full, BATCH_ROWS)):
        names = names or unique([""] * len(block[0][1]))
        columns = {column: pl.Series([row[at] for _, row in block], dtype=pl.String) for at, column in enumerate(names)}
        yield Batch(name, pl.DataFrame(columns | {LINE: pl.Series([number for number, _ in block], dtype=pl.Int64)}))


def _filled(rows: Iterable[list[Cell]], areas: Sequence[Area], left: int) -> Iterator[list[Cell]]:
    """Give rows in which every cell of a merged area has the area's value.

    Args:
        areas: in columns of the sheet.
        left: column of the sheet that the rows begin with.
    """
    waiting = sorted(areas, reverse=True)
    open_areas: list[tuple[Area, Cell]] = []
    for number, row in enumerate(rows):
        while waiting and waiting[-1][0][0] <= number:
            area = waiting.pop()
            first = area[0][1] - left
            open_areas.append((area, row[first] if 0 <= first < len(row) else ""))
        open_areas = [(area, value) for area, value in open_areas if area[1][0] >= number]
        for ((_, first), (_, last)), value in open_areas:
            cells = slice(max(0, first - left), min(len(row), last - left + 1))
            row[cells] = [value] * (cells.stop - cells.start)
        yield row


def _text(cell: Cell) -> str | None:
    """Write a cell as a text; None when it is empty."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat(" ") if isinstance(cell, datetime) else str(cell) or None
