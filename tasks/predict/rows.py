"""Rows to predict: read as a recipe reads a source, a block after the other, and none of them left out: what cannot be
read has its place, too.
"""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple, cast

import polars as pl
from pydantic import JsonValue, ValidationError

from tasks.core.errors import RecipeError
from tasks.core.layout import Layout
from tasks.core.records import Section
from tasks.core.suggest import Problem
from tasks.ingest.batch import Batch, Opened
from tasks.ingest.map import Mapped, Mapper
from tasks.ingest.read import batches
from tasks.ingest.settings import Source, SourceSettings, kind_of
from tasks.recipe.file import with_value
from tasks.recipe.meaning import meant
from tasks.rows.layout import ROW_ID

BLOCK_ROWS = 512
"""Most rows that are read, answered and written at a time."""
CHUNK = 1 << 20
STDIN = "-"
SHOWN = 80
"""Characters of a record that is told because it cannot be read."""


class Piped(io.RawIOBase):
    """A stream of which the beginning has been looked at; gives what there is, without waiting for more."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self.stream = cast("io.BufferedReader", stream)
        self.head = b""
        while b"\n" not in self.head and (more := self.stream.read1(CHUNK)):
            self.head += more

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Give at most so many bytes: the beginning, then what comes."""
        if self.head:
            given, self.head = self.head[:size], self.head[size:]
            return given
        return self.stream.read1(size)


def inputs(layout: Layout, roles: Sequence[str]) -> Layout:
    """Give the layout of rows that hold only what a model is given."""
    names = tuple(roles)
    asked = {"messages": "asked"}
    kept = tuple(
        role.model_copy(update={"holds": asked.get(role.holds, role.holds)})
        for role in layout.roles
        if role.name in names
    )
    return Layout(roles=kept, texts=names, compared=names, key=names, match=names)


class Asked(Section):
    """A file, said as a source of a recipe is."""

    source: Source


def source_of(path: str, said: Mapping[str, JsonValue]) -> SourceSettings:
    """Give a file as a source of a recipe.

    Args:
        said: what the command says of it: dotted path -> value, such as `columns.text`.

    Raises:
        RecipeError: that is nothing that a source of its kind says.
    """
    tree: JsonValue = {"path": path}
    problems: list[Problem] = []
    try:
        for name, value in said.items():
            tree = with_value(tree, name.split("."), value)
        meaning = meant(Asked, {"source": tree}, problems)["source"]
        problems = [problem for problem in problems if problem[0] != "source.path"]
        # A path of the command line is a path, whatever signs it has.
        source = Asked.model_validate({"source": {**meaning, "path": path}} if isinstance(meaning, dict) else {}).source
    except ValidationError as error:
        problems += [(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
        source = None
    if problems or source is None:
        raise RecipeError("\n".join(_told(path, *problem) for problem in problems))
    return source


def _told(path: str, name: str, text: str) -> str:
    field = name.removeprefix("source").lstrip(".")
    return f"{f'--set {field}' if field else path}: {text.removeprefix('Value error, ')}"


class Unread(NamedTuple):
    """A record that cannot be read.

    Attributes:
        place: how many rows of its block stand before it.
        record: its file and line, or number.
        why: a reason code, with more words where there are some, and its beginning.
    """

    place: int
    record: str
    why: str


class Block(NamedTuple):
    """Rows that stand one behind another, and the records between them that cannot be read, both in order."""

    rows: pl.DataFrame
    unread: tuple[Unread, ...]


def rows_of(path: str, said: Mapping[str, JsonValue], stdin: BinaryIO, layout: Layout) -> Iterator[Block]:
    """Read a file, or standard input where the path is `-`: texts, or JSON Lines where its first line is an object.

    Args:
        said: see `source_of`.
        layout: of what is wanted of each row; one role alone is what the lines of a text hold.

    Raises:
        RecipeError: there is no such column.
    """
    if path == STDIN:
        piped = Piped(stdin)
        settings = piped_source(path, said, piped.head)
        records: Iterator[Batch] = kind_of(settings).batches(Opened("stdin", lambda: cast("BinaryIO", piped)), settings)
    else:
        settings = source_of(path, said)
        records = batches(settings, ".")
    if settings.kind == "text" and not settings.columns and len(layout.roles) == 1:
        settings = settings.model_copy(update={"columns": {layout.roles[0].name: "text"}})
    mapper = Mapper("file", settings, layout)
    for batch in records:
        yield from _blocks(_mapped(mapper, batch), layout)


def piped_source(path: str, said: Mapping[str, JsonValue], head: bytes) -> SourceSettings:
    """Give what is piped as a source: of the kind that is said, else JSON Lines where it begins with an object, else
    lines of text.

    Args:
        path: it has as a source.
        head: its first line, at least.
    """
    return source_of(path, {"kind": "jsonl" if _is_object(head) else "text", **said})


def _is_object(head: bytes) -> bool:
    try:
        return isinstance(json.loads(head.splitlines()[0]), dict)
    except (ValueError, IndexError, RecursionError):
        return False


def _mapped(mapper: Mapper, batch: Batch) -> Mapped:
    try:
        return mapper([mapper.complete(batch)])
    except RecipeError as error:
        raise RecipeError(str(error).replace("sources.file.", "--set ")) from None


def _blocks(mapped: Mapped, layout: Layout) -> Iterator[Block]:
    """Divide what became of a batch, whose records are numbered in their order."""
    numbers = mapped.rows[ROW_ID].str.extract(r":(\d+)$").cast(pl.Int64)
    bad = mapped.bad.with_columns(numbers.search_sorted(mapped.bad["line"]).alias("place"))
    height = mapped.rows.height
    for start in range(0, max(1, height), BLOCK_ROWS):
        end = start + BLOCK_ROWS
        here = bad.filter((pl.col("place") >= start) & ((pl.col("place") < end) | (end >= height)))
        unread = tuple(_unread(record, start) for record in here.iter_rows(named=True))
        yield Block(mapped.rows.slice(start, BLOCK_ROWS).select(layout.names), unread)


def _unread(record: Mapping[str, Any], start: int) -> Unread:
    detail = f" ({record['detail']})" if record["detail"] else ""
    why = f"{record['reason']}{detail}: {record['raw'][:SHOWN]!r}"
    return Unread(record["place"] - start, f"{record['file']}:{record['line']}", why)
