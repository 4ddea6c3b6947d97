"""Records as a source's own reader gives them: the first ones, to understand it, and all its labels."""

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
from pydantic import JsonValue

from tasks.core import registry
from tasks.core.layout import Holds, Layout
from tasks.guess.heads import Head
from tasks.guess.sections import SourceSection
from tasks.guess.shapes import labels_in, tags_in
from tasks.ingest import kinds as source_kinds
from tasks.ingest.batch import OURS, Batch, Opened
from tasks.ingest.columns import exact, named_column
from tasks.ingest.map import FIELD
from tasks.ingest.preview import preview
from tasks.ingest.read import batches
from tasks.ingest.settings import SourceSettings
from tasks.rows.layout import TYPES, one_text
from tasks.text.words import split_words

ROWS = 2_000
MOST_ROWS = 500_000
"""So many records are looked at for labels."""
MOST_VALUES = 5_000
"""A column with more values is no label."""


def settings_of(section: SourceSection) -> SourceSettings:
    """Check a section as a recipe would."""
    return registry.load(source_kinds, section.get("kind")).Params.model_validate(section)


def first_values(head: Head, section: SourceSection) -> dict[str, list[str | None]]:
    """Read the first records of a file: column -> values."""
    settings = settings_of({**section, "path": head.item.path})
    text = section.get("kind") in ("delimited", "text", "jsonl")
    file = Opened(head.file.name, lambda: io.BytesIO(head.data)) if text else head.file
    return _columns(registry.load(source_kinds, section.get("kind")).batches(file, settings))


def values_of(section: SourceSection, base: str) -> dict[str, list[str | None]]:
    """Read the first records of a source whose files are read together: column -> values."""
    return _columns(batches(settings_of(section), base))


def _columns(blocks: Iterator[Batch]) -> dict[str, list[str | None]]:
    columns: dict[str, list[str | None]] = {}
    seen = 0
    for batch in blocks:
        if not batch.frame.height:
            continue
        frame = batch.frame.head(ROWS - seen)
        for name in frame.columns:
            if not name.startswith("__"):
                columns.setdefault(name, [None] * seen).extend(frame[name].to_list())
        seen += frame.height
        for values in columns.values():
            values.extend([None] * (seen - len(values)))
        if seen >= ROWS:
            break
    return columns


@dataclass(frozen=True)
class Seen:
    """What all records of a source say, or the first MOST_ROWS of them.

    Attributes:
        columns: names of its columns.
        first: the first rows: role -> what it holds, labels as they stand there.
        labels: label -> records.
        rows, bad: records read, and those of them that cannot be used.
        words: mean number of words of a text.
        all: whether the source has no more.
    """

    columns: tuple[str, ...]
    first: list[dict[str, JsonValue]]
    labels: Counter[str]
    rows: int
    bad: int
    words: float
    all: bool


def look(section: SourceSection, base: str, text: str, label: str | None, shown: int) -> Seen:
    """Read a source as a run would, and count its labels.

    Args:
        text, label: columns; the text may be a template.
        shown: how many of the first records to keep.
    """
    columns: dict[str, None] = {}
    first: list[dict[str, JsonValue]] = []
    labels: Counter[str] = Counter()
    rows = bad = words = 0
    for batch in batches(settings_of(section), base):
        frame = batch.frame
        columns |= dict.fromkeys(name for name in frame.columns if name not in OURS)
        texts = _values(frame, text)
        marks = _values(frame, label).str.strip_chars() if label is not None else None
        unfit = texts.is_null() if marks is None else texts.is_null() | marks.is_null() | (marks == "")
        rows, bad = rows + frame.height + len(batch.bad), bad + len(batch.bad) + int(unfit.sum())
        words += int(split_words(texts).list.len().sum() or 0)
        good = texts.filter(~unfit)
        kept = [None] * len(good) if marks is None else marks.filter(~unfit).to_list()
        labels.update(mark for mark in kept if mark is not None)
        rest = shown - len(first)
        first += [{"text": one, "label": mark} for one, mark in zip(good.head(rest), kept[:rest], strict=True)]
        if rows >= MOST_ROWS or len(labels) > MOST_VALUES:
            return Seen(tuple(columns), first, labels, rows, bad, words / max(1, rows), all=False)
    return Seen(tuple(columns), first, labels, rows, bad, words / max(1, rows), all=True)


def count_labels(section: SourceSection, base: str, column: str, holds: Holds) -> tuple[Counter[str], bool]:
    """Count the labels of a source whose rows may have several; give whether all of its records were looked at.

    Args:
        holds: what its column does: `label`, `labels` or `tags`.
    """
    counts: Counter[str] = Counter()
    rows = 0
    for batch in batches(settings_of(section), base):
        cells = _values(batch.frame, column).drop_nulls().str.strip_chars().to_list()
        for cell in cells:
            several = labels_in(cell) if holds == "labels" else tags_in(cell) if holds == "tags" else [cell]
            counts.update(filter(None, several))
        rows += batch.frame.height
        if rows >= MOST_ROWS or len(counts) > MOST_VALUES:
            return counts, False
    return counts, True


def look_by_roles(section: SourceSection, base: str, layout: Layout, labels: Counter[str], shown: int) -> Seen:
    """Read a source as a run would, in the roles of a task.

    Args:
        section: with columns and labels.
        layout: with the label set.
        labels: label -> how often it stands there.
        shown: how many of the first rows to keep.
    """
    read = preview("source", settings_of(section), base, layout)
    rows = pl.DataFrame(read["sample"], schema={role.name: TYPES[role.holds] for role in layout.roles})
    words = split_words(rows.select(one_text(layout, layout.texts)).to_series()).list.len().mean()
    return Seen(
        tuple(read["columns"]),
        read["sample"][:shown],
        labels,
        read["looked_at"],
        sum(read["bad"].values()),
        float(words) if isinstance(words, int | float) else 0.0,
        all=read["whole"],
    )


def _values(frame: pl.DataFrame, name: str) -> pl.Series:
    """Give a column, or what a template makes of several."""
    fields = [] if name in frame.columns else [field for field in FIELD.findall(name) if field in frame.columns]
    if fields:
        return frame.select(pl.format(FIELD.sub("{}", name), *map(exact, fields)).alias("")).to_series()
    column = named_column(name, frame.columns)
    if column is None:
        return pl.Series("", [None] * frame.height, dtype=pl.String)
    return frame.select(column.alias("")).to_series()
