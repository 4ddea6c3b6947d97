"""Rows to predict: read as a recipe reads a source, a block after the other, and none of them left out."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, cast

import polars as pl
from pydantic import JsonValue, ValidationError

from tasks.core.errors import QualityGate, RecipeError
from tasks.core.layout import Layout
from tasks.core.records import Section
from tasks.core.suggest import Problem
from tasks.ingest.batch import Batch, Opened
from tasks.ingest.map import Mapper
from tasks.ingest.read import batches
from tasks.ingest.settings import Source, SourceSettings, kind_of
from tasks.recipe.file import with_value
from tasks.recipe.meaning import meant

BLOCK_ROWS = 512
"""Most rows that are read, answered and written at a time."""
CHUNK = 1 << 20
STDIN = "-"


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


def rows_of(path: str, said: Mapping[str, JsonValue], stdin: BinaryIO, layout: Layout) -> Iterator[pl.DataFrame]:
    """Read a file, or standard input where the path is `-`: texts, or JSON Lines where its first line is an object.

    Args:
        said: see `source_of`.
        layout: of what is wanted of each row; one role alone is what the lines of a text hold.

    Raises:
        RecipeError: there is no such column.
        QualityGate: a record that cannot be read, with its line.
    """
    if path == STDIN:
        piped = Piped(stdin)
        kind = "jsonl" if _is_object(piped.head) else "text"
        settings = source_of(path, {"kind": kind, **said})
        records: Iterator[Batch] = kind_of(settings).batches(Opened("stdin", lambda: cast("BinaryIO", piped)), settings)
    else:
        settings = source_of(path, said)
        records = batches(settings, ".")
    if settings.kind == "text" and not settings.columns and len(layout.roles) == 1:
        settings = settings.model_copy(update={"columns": {layout.roles[0].name: "text"}})
    mapper = Mapper("file", settings, layout)
    for batch in records:
        yield from _mapped(mapper, batch).iter_slices(BLOCK_ROWS)


def _is_object(head: bytes) -> bool:
    try:
        return isinstance(json.loads(head.splitlines()[0]), dict)
    except (ValueError, IndexError, RecursionError):
        return False


def _mapped(mapper: Mapper, batch: Batch) -> pl.DataFrame:
    try:
        mapped = mapper([mapper.complete(batch)])
    except RecipeError as error:
        raise RecipeError(str(error).replace("sources.file.", "--set ")) from None
    if mapped.bad.height:
        first = mapped.bad.row(0, named=True)
        why = f"{first['reason']} ({first['detail']})" if first["detail"] else first["reason"]
        raise QualityGate(f"{first['file']}:{first['line']}: {why}: {first['raw'][:80]!r}; mend this record")
    return mapped.rows.select(mapper.layout.names)
