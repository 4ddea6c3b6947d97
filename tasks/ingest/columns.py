"""Bring the columns of typed formats to texts, as the text formats give them."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping

import polars as pl

from tasks.core.errors import RecipeError
from tasks.ingest.batch import OURS, as_text


def unique(header: Iterable[str]) -> list[str]:
    """Name columns that share a name apart: `a`, `a.1`, `a.2`; columns without a name get their number."""
    names: dict[str, None] = {}
    for number, raw in enumerate(header):
        name = raw or str(number)
        twin = 0
        while (candidate := name if not twin else f"{name}.{twin}") in names or candidate in OURS:
            twin += 1
        names[candidate] = None
    return list(names)


def composed(frame: pl.DataFrame) -> pl.DataFrame:
    """Name columns as Unicode's NFC composes them, so that names that look alike are alike."""
    written = [name for name in frame.columns if name not in OURS]
    if all(name.isascii() for name in written):
        return frame
    composed = unique(unicodedata.normalize("NFC", name) for name in written)
    return frame.rename(dict(zip(written, composed, strict=True)))


def exact(name: str) -> pl.Expr:
    """Give the column of this name, also where Polars would take the name for a pattern."""
    return pl.col(f"^{re.escape(name)}$" if name.startswith("^") and name.endswith("$") else name)


def named_column(name: str, names: Collection[str]) -> pl.Expr | None:
    """Give a column, or what JSON objects in a column hold under names that follow it (`translation.de`); None where
    there is no such column.
    """
    if name in names:
        return exact(name)
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        column, inner = ".".join(parts[:count]), parts[count:]
        if column in names and all(inner) and not any({"'", '"', "\\", "]"} & {*part} for part in inner):
            return exact(column).str.json_path_match("$" + "".join(f"['{part}']" for part in inner))
    return None


def each(columns: Mapping[str, Callable[[], pl.Expr]]) -> list[pl.Expr]:
    """Give columns under their names; what is wrong with any is told of all.

    Raises:
        RecipeError: a line for each that cannot be had.
    """
    given, wrong = list[pl.Expr](), list[str]()
    for name, column in columns.items():
        try:
            given.append(column().alias(name))
        except RecipeError as error:
            wrong.append(str(error))
    if wrong:
        raise RecipeError("\n".join(wrong))
    return given


def flattened(frame: pl.DataFrame) -> pl.DataFrame:
    """Give every column as text: numbers as they are, a list of one value as that value, nested values as JSON, bytes
    that are no text as null.
    """
    return frame.select(_flat(frame, name, dtype) for name, dtype in frame.schema.items() if name not in OURS)


def _flat(frame: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Expr | pl.Series:
    if dtype.is_numeric() or isinstance(dtype, pl.String | pl.Boolean | pl.Date | pl.Time | pl.Datetime):
        return exact(name).cast(pl.String)
    return pl.Series(name, [as_text(value) for value in frame[name].to_list()], pl.String)
