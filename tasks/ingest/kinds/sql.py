"""A table or a query of a database that SQLAlchemy reaches (PostgreSQL with the extra `sql`; others with their driver).

A password stands in the environment and is named in the URL as `${NAME}`, or is left to the driver (PGPASSWORD, a
password file); it is stored nowhere. Nothing is written to the database. With a `watermark`, a column that new rows
have higher values in, a source that only grew is read from its last watermark on; one with other rows below it is read
anew. Without, all rows are looked at in every run. Rows come in the order of the watermark and the table's key, else as
the query says: give it an ORDER BY.

Recipe:
    kind: sql
    sql: postgresql://db.example/reviews
    query: SELECT id, body, stars FROM reviews WHERE public
    watermark: id
    columns: {text: body, label: stars}
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import PlainSerializer, SecretStr, field_validator, model_validator

from tasks.core.errors import QualityGate, RecipeError, Unreachable
from tasks.core.unseen import unseen
from tasks.ingest.batch import BadRow, Batch, Mark, Part, Record, from_records
from tasks.ingest.columns import unique
from tasks.ingest.database import connected, parsed, shown, without_secrets
from tasks.ingest.settings import SourceSettings
from tasks.manifests.seen import SeenFile

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Executable, FromClause, Row, TextClause

BATCH_ROWS = 5_000
WATERMARKS: dict[str, Callable[[str], object]] = {
    "int": int,
    "float": float,
    "str": str,
    "Decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}
"""Types that a watermark can have -> how it is read back from text."""


class Params(SourceSettings):
    """Settings of a database source."""

    alone: ClassVar[bool] = True
    kind: Literal["sql"] = "sql"
    sql: Annotated[SecretStr, PlainSerializer(without_secrets, return_type=str)]
    """URL of the database, as SQLAlchemy writes it, with `${NAME}` for a password; the file of SQLite may be relative
    to the recipe's folder."""
    query: str | None = None
    """A SELECT."""
    table: str | None = None
    """A table or view instead of a query, where need be as `schema.table`."""
    watermark: str | None = None
    """Column that new rows have higher values in, such as a number or a time; then only the new rows are read."""

    @field_validator("sql")
    @classmethod
    def _readable(cls, url: SecretStr) -> SecretStr:
        parsed(url)
        return url

    @model_validator(mode="after")
    def _one_thing_to_read(self) -> Self:
        if (self.query is None) == (self.table is None):
            raise ValueError("say either `query` or `table`")
        return self

    @property
    def name(self) -> str:
        """What the rows are filed under."""
        return unseen(self.table or "query")


def seen_of(params: Params, base: str) -> tuple[SeenFile, ...]:
    """Count the rows, with their highest watermark, or a checksum of all of them where there is none.

    Raises:
        RecipeError: the database refuses the query.
        Unreachable: it cannot be reached.
        QualityGate: rows without a watermark.
    """
    with connected(params.sql, base) as connection:
        if params.watermark is None:
            digests = _Digests()
            for rows in _fetched(connection, _statement(params, connection)):
                digests.add(rows)
            return (SeenFile(name=params.name, bytes=digests.rows, tag=digests.tag),)
        rows, there, highest = _counted(params, connection)
    if there < rows:
        lost = f"{rows - there:,} of {rows:,} rows have no value in {params.watermark!r}"
        raise QualityGate(
            f"{params.name}: {lost}; new ones of that kind would not be found. Leave them out by the query, or "
            "leave `watermark` out"
        )
    return (SeenFile(name=params.name, bytes=rows, tag=_written(params, highest)),)


def part_of(params: Params, base: str, seen: tuple[SeenFile, ...]) -> Part:
    """Give the rows to be read, in blocks; up to the watermark that was seen, if one was."""
    read_on = "its rows above the last watermark are read, from row {mark.line:,} on"
    return Part(
        params.name, partial(_batches, params, base, seen[0] if seen else None), partial(_begins, params, base), read_on
    )


def _begins(params: Params, base: str, rows: int, tag: str) -> bool:
    if params.watermark is None or tag == "":
        return False
    with connected(params.sql, base) as connection:
        return _counted(params, connection, upto=tag)[0] == rows


def _batches(params: Params, base: str, seen: SeenFile | None, mark: Mark) -> Iterator[Batch]:
    """Read the rows after a mark in blocks.

    Raises:
        Unreachable: the connection broke, or the rows are no longer those that were seen.
    """
    upto = seen.tag if seen and params.watermark else ""
    digests, number = _Digests(), mark.line
    with connected(params.sql, base) as connection:
        for rows in _fetched(connection, _statement(params, connection, above=mark.tag, upto=upto)):
            if seen and not params.watermark:
                digests.add(rows)
            batch = _batch(params.name, rows, number)
            number += len(rows)
            yield batch
    if seen and (number - 1, seen.tag) != (seen.bytes, seen.tag if params.watermark else digests.tag):
        raise Unreachable(
            f"{shown(params.sql)}: {params.name} changed while it was read: {number - 1:,} rows, {seen.bytes:,} "
            "before; run again"
        )
    if params.watermark:
        yield Batch(params.name, _batch(params.name, [], number).frame, loose=True, mark=Mark(number - 1, number))


def _batch(name: str, rows: Sequence[Any], start: int) -> Batch:
    records, bad = list[tuple[int, Record]](), list[BadRow]()
    for number, row in enumerate(rows, start):
        names = unique(row._fields)
        records.append((number, {key: _plain(value) for key, value in zip(names, row, strict=True)}))
    return from_records(name, records, bad)


def _plain(value: object) -> object:
    """Give a value as JSON knows it; bytes as the text they are, nothing where they are none."""
    if isinstance(value, (bytes, memoryview)):
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            return None
    if isinstance(value, (dict, list)):
        return json.loads(json.dumps(value, default=str))
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)


class _Digests:
    """A checksum of rows that does not depend on their order: the sum of their sha256."""

    def __init__(self) -> None:
        self.rows = self.sum = 0

    def add(self, rows: Sequence["Row[tuple[object, ...]]"]) -> None:
        """Take more rows."""
        self.rows += len(rows)
        for row in rows:
            whole = json.dumps([_plain(value) for value in row]).encode()
            self.sum += int.from_bytes(hashlib.sha256(whole).digest())

    @property
    def tag(self) -> str:
        """Give the checksum, 64 hexadecimal digits."""
        return f"{self.sum % 2**256:064x}"


def _written(params: Params, value: object) -> str:
    """Write a watermark with its type, empty when there is none."""
    if value is None:
        return ""
    kind = type(value).__name__
    if kind not in WATERMARKS:
        raise RecipeError(f"watermark: {params.watermark!r} is of type {kind}; want a number, a time or a text")
    return json.dumps([kind, value.isoformat() if isinstance(value, date) else str(value)])


@dataclass(frozen=True)
class _Rows:
    """What is selected from, and the columns that order it; by their full names, since SQLite takes an unknown short
    one for a text.
    """

    source: "FromClause"
    order: list["ColumnElement[object]"]
    watermark: Any


def _rows_of(params: Params, connection: "Connection") -> _Rows:
    from sqlalchemy import column, inspect, table

    named = [params.watermark] if params.watermark else []
    if params.table is None:
        source = _text(str(params.query)).columns(*map(column, named)).subquery("source")
    else:
        schema, _, name = params.table.rpartition(".")
        named += inspect(connection).get_pk_constraint(name, schema=schema or None)["constrained_columns"]
        source = table(name, *map(column, dict.fromkeys(named)), schema=schema or None)
    return _Rows(source, list(source.c), source.c[params.watermark] if params.watermark else None)


def _text(query: str) -> "TextClause":
    """Take a query as it is: a colon in it names no parameter."""
    from sqlalchemy import text

    return text(query.strip().rstrip(";").replace(":", r"\:"))


def _compared(rows: _Rows, sign: str, tag: str) -> "ColumnElement[bool]":
    """Compare the watermark with a written one; the driver knows its type best."""
    from sqlalchemy import literal
    from sqlalchemy.types import NullType

    kind, text = json.loads(tag)
    return rows.watermark.op(sign)(literal(WATERMARKS[kind](text), NullType()))


def _counted(params: Params, connection: "Connection", upto: str = "") -> tuple[int, int, object]:
    """Count rows, and those with a watermark, and give the highest one."""
    from sqlalchemy import func, select

    rows = _rows_of(params, connection)
    statement = select(func.count(), func.count(rows.watermark), func.max(rows.watermark)).select_from(rows.source)
    counts = connection.execute(statement.where(_compared(rows, "<=", upto)) if upto else statement).one()
    return int(counts[0]), int(counts[1]), counts[2]


def _statement(params: Params, connection: "Connection", above: str = "", upto: str = "") -> "Executable":
    """Give the SELECT for the rows between two watermarks."""
    from sqlalchemy import literal_column, select

    if params.query is not None and params.watermark is None:
        return _text(params.query)
    rows = _rows_of(params, connection)
    statement = select(literal_column("*")).select_from(rows.source)
    for sign, tag in ((">", above), ("<=", upto)):
        statement = statement.where(_compared(rows, sign, tag)) if tag else statement
    return statement.order_by(*rows.order)


def _fetched(connection: "Connection", statement: "Executable") -> Iterator[Sequence["Row[tuple[object, ...]]"]]:
    """Give the rows of a statement in blocks, from a cursor on the server where there is one."""
    with connection.execution_options(yield_per=BATCH_ROWS).execute(statement) as result:
        yield from result.partitions(BATCH_ROWS)
