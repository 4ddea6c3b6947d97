"""What files of rows look like, given the layout of their task: columns, types, and the text that is compared."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, TypedDict

import polars as pl
import pyarrow.parquet as pq

from tasks.core.layout import Holds, Layout, Role
from tasks.core.parallel import in_order
from tasks.manifests.manifest import Manifest
from tasks.manifests.rows import RowsFacts
from tasks.rows.groups import DataType, Groups, groups_of, writing

ROW_ID, SOURCE, TOKENS = "row_id", "source", "tokens"
"""Columns of every task's rows: where the row stands in its source, the source's name, and how long its texts are."""
RULE = "rule"
"""Column of rows that are still to be labelled: number of the first rule that holds of them, from 1; null where none
does."""
MADE = r"~[a-z-]+-\d+\.\d+$"
"""How the id of a row ends that was made from another one; before it stands the id of that one."""
BETWEEN = "\n"
"""Stands between the texts of a row that are compared as one."""


class Answers(TypedDict):
    """Answers to a question, as SQuAD has them."""

    text: list[str]
    answer_start: list[int]
    """Where in their context each begins, in characters from 0."""


class Message(TypedDict):
    """One message of a chat, as OpenAI has them."""

    role: str
    """`system`, `user` or `assistant`."""
    content: str


ANSWERS = pl.Struct({"text": pl.List(pl.String), "answer_start": pl.List(pl.Int32)})
"""The type of `Answers`."""
MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
"""The type of the messages of a chat."""
CONTENT = pl.element().struct.field("content")
ANSWERS_BY = "assistant"
"""The role of a message that is an answer."""
TYPES: Mapping[Holds, DataType] = {
    "text": pl.String,
    "label": pl.String,
    "labels": pl.List(pl.String),
    "value": pl.Float64,
    "words": pl.List(pl.String),
    "tags": pl.List(pl.String),
    "answers": ANSWERS,
    "messages": MESSAGES,
    "asked": MESSAGES,
    "tests": pl.List(pl.String),
    "nothing": pl.String,
}
"""The type of what a role holds."""
NAMES: Mapping[Holds, str] = {
    "labels": "list of labels",
    "value": "float64",
    "words": "list of words",
    "tags": "list of tags",
    "answers": "texts and where each begins",
    "messages": "messages, each with its role",
    "tests": "list of tests",
}
"""What columns hold that are no texts, for manifests."""
FIRST = Layout(
    roles=(Role(name="text"), Role(name="label", holds="label")),
    texts=("text",),
    compared=("text",),
    key=("text",),
    match=("text",),
)
"""The layout of all products made before layouts were written down."""


def read_schema(layout: Layout) -> dict[str, DataType]:
    """Give the columns of rows as they are read, and their types."""
    return dict.fromkeys((ROW_ID, SOURCE), pl.String) | {role.name: TYPES[role.holds] for role in layout.roles}


def cleaned_schema(layout: Layout) -> dict[str, DataType]:
    """Give the columns of cleaned rows, and their types."""
    return read_schema(layout) | {TOKENS: pl.UInt32}


def described(layout: Layout) -> dict[str, str]:
    """Name what each column of a cleaned row holds, for manifests."""
    named = {role.name: NAMES.get(role.holds, "text") for role in layout.roles}
    return dict.fromkeys((ROW_ID, SOURCE), "text") | named | {TOKENS: "uint32"}


def few_valued(layout: Layout) -> list[str]:
    """Name the columns of texts that repeat, and are worth a dictionary."""
    plain = (role.name for role in layout.roles if TYPES[role.holds] == pl.String and role.name not in layout.texts)
    return [SOURCE, *plain]


def writing_rows(path: Path, schema: Mapping[str, DataType], layout: Layout) -> AbstractContextManager[Groups]:
    """Open a Parquet file to be filled with rows of a layout."""
    return writing(path, schema, layout.texts, few_valued(layout))


def copy_rows(files: Mapping[Path, Mapping[Path, pl.Series]], layout: Layout) -> None:
    """Write some rows of each file to each of several others, in their order, reading it once; several files at a time.

    Args:
        files: Parquet of rows -> file to write -> one truth value for each row.
    """
    for _ in in_order(lambda item: _copy(*item, layout), files.items()):
        pass


def _copy(path: Path, kept: Mapping[Path, pl.Series], layout: Layout) -> None:
    schema = pl.read_parquet_schema(path)
    with contextlib.ExitStack() as stack:
        files = [(stack.enter_context(writing_rows(out, schema, layout)), chosen) for out, chosen in kept.items()]
        at = 0
        for rows in groups_of(path):
            for file, chosen in files:
                file.add(rows.filter(chosen.slice(at, rows.height)))
            at += rows.height


def text_of(layout: Layout, role: str) -> pl.Expr:
    """Give what a role holds as a text: words with single spaces between them, messages each in a line of its own."""
    if layout.role(role).is_chat:
        return pl.col(role).list.eval(CONTENT).list.join(BETWEEN)
    return pl.col(role).list.join(" ") if layout.role(role).holds == "words" else pl.col(role)


def matched_text(layout: Layout, role: str) -> pl.Expr:
    """Give the text by which rows are put on one side of the hold-out: of a chat, what stands before its first
    answer.
    """
    if not layout.role(role).is_chat:
        return text_of(layout, role)
    answered = (pl.element().struct.field("role") == ANSWERS_BY).cum_max()
    return pl.col(role).list.eval(CONTENT.filter(~answered)).list.join(BETWEEN)


def contents(chats: pl.Series) -> pl.DataFrame:
    """Give every message of chats a line: the number of its chat as `row`, its `role` and its `content`."""
    return pl.DataFrame({"message": chats}).with_row_index("row").explode("message").unnest("message")


def chats_of(messages: pl.DataFrame, name: str) -> pl.Series:
    """Put messages, as `contents` gives them, back together."""
    whole = messages.group_by("row", maintain_order=True).agg(pl.struct("role", "content").alias(name))
    return whole[name].cast(MESSAGES)


def one_text(layout: Layout, roles: Sequence[str]) -> pl.Expr:
    """Give the text of some roles as one, named `text`."""
    texts = [text_of(layout, role) for role in roles]
    return (texts[0] if len(texts) == 1 else pl.concat_str(texts, separator=BETWEEN)).alias("text")


def compared_text(layout: Layout) -> pl.Expr:
    """Give the text of a row that is compared with others', named `text`."""
    return one_text(layout, layout.compared)


def layout_of(product: Manifest[RowsFacts]) -> Layout:
    """Give the layout of a product's rows."""
    return product.facts.layout or FIRST


class RowFile(NamedTuple):
    """A Parquet file of rows, and their layout: read as what every task has, a text and perhaps a label."""

    path: Path
    layout: Layout

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return pq.read_metadata(self.path).num_rows

    def scan(self, *more: str) -> pl.LazyFrame:
        """Give of every row the `text` that is compared, its `label` (null where there is none), and more columns."""
        return pl.scan_parquet(self.path).select(*more, *self._seen)

    def texts(self, rows: int) -> Iterator[pl.Series]:
        """Read the texts that are compared, so many at a time."""
        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(rows, columns=list(self.layout.compared)):
                yield pl.DataFrame(batch).select(compared_text(self.layout)).to_series()

    def batches(self, rows: int) -> Iterator[pl.DataFrame]:
        """Read the same, so many rows at a time."""
        label = [self.layout.label] if self.layout.label else []
        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(rows, columns=[*self.layout.compared, *label]):
                yield pl.DataFrame(batch).select(self._seen)

    @property
    def _seen(self) -> list[pl.Expr]:
        label = pl.col(self.layout.label) if self.layout.label else pl.lit(None, pl.String)
        return [compared_text(self.layout), label.alias("label")]


def scanned(files: Sequence[RowFile]) -> pl.LazyFrame:
    """Give the rows of several files as one: `text` and `label`."""
    return pl.concat([file.scan() for file in files])
