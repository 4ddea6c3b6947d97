"""Plain text: one record a line, or one a file. Its only column is `text`; the label is fixed, or named by the file
(labels in a second file: kind `parallel`).

Recipe:
    kind: text
    path: reviews/review_*.txt.gz
    label_from: name
    labels: {review_negative: negative, review_positive: positive}
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import ClassVar, Literal

import polars as pl

from tasks.ingest.batch import LINE, BadRow, Batch, Opened, bad_encoding
from tasks.ingest.blocks import byte_blocks, lines_of, mark_after
from tasks.ingest.settings import FileSettings

BLOCK_BYTES = 8 << 20


class Params(FileSettings):
    """Settings of a plain-text source."""

    alone: ClassVar[bool] = True
    kind: Literal["text"] = "text"
    record: Literal["line", "file"] = "line"
    """What one record is."""
    label_from: Literal["name", "folder"] | None = None
    """Take the label from the file's name (up to its first dot) or from the folder that it lies in."""


def batches(file: Opened, params: Params) -> Iterator[Batch]:
    """Read a file in blocks of lines, or whole."""
    label = _label(file.name, params.label_from)
    if params.record == "file":
        with file.open() as stream:
            raw = stream.read()
        try:
            yield _batch(file.name, [raw.decode(params.encoding).removeprefix("\ufeff")], [1], label, [])
        except UnicodeDecodeError:
            yield _batch(file.name, [], [], label, [bad_encoding(1, raw, params.encoding)])
        return
    for block in byte_blocks(file, params.encoding, BLOCK_BYTES):
        start, lines = block.mark.line, lines_of(block, params.encoding)
        bad = [
            bad_encoding(number, line, params.encoding)
            for number, line in enumerate(lines, start)
            if isinstance(line, bytes)
        ]
        good = [(number, line) for number, line in enumerate(lines, start) if isinstance(line, str)]
        batch = _batch(file.name, [line for _, line in good], [number for number, _ in good], label, bad)
        yield replace(batch, mark=mark_after(block, params.encoding))


def _batch(name: str, texts: list[str], numbers: list[int], label: str | None, bad: list[BadRow]) -> Batch:
    columns = {"text": pl.Series(texts, dtype=pl.String), LINE: pl.Series(numbers, dtype=pl.Int64)}
    frame = pl.DataFrame(columns)
    return Batch(name, frame if label is None else frame.with_columns(pl.lit(label).alias("label")), bad)


def _label(name: str, label_from: str | None) -> str | None:
    path = PurePosixPath(name.rpartition("!")[2])
    if label_from == "folder":
        return path.parent.name or None
    return path.name.partition(".")[0] if label_from == "name" else None
