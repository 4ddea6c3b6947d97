"""JSON Lines: one JSON object a line. Blank lines are no records; a line that is not an object is a bad row.

Recipe:
    kind: jsonl
    path: tweets/*.jsonl.gz
    columns: {text: body, label: sentiment}
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
import polars as pl

from tasks.ingest.batch import LINE, OURS, BadRow, Batch, Opened, bad_encoding, excerpt, from_records
from tasks.ingest.blocks import Block, byte_blocks, decoded, lines_of, mark_after
from tasks.ingest.settings import FileSettings

BLOCK_BYTES = 2 << 20


class Params(FileSettings):
    """Settings of a JSON Lines source."""

    alone: ClassVar[bool] = True
    kind: Literal["jsonl"] = "jsonl"


def batches(file: Opened, params: Params) -> Iterator[Batch]:
    """Read a file block by block; a block with anything odd in it is read line by line."""
    for block in byte_blocks(file, params.encoding, BLOCK_BYTES):
        batch = _fast(file.name, block, params.encoding) or _careful(file.name, block, params.encoding)
        yield replace(batch, mark=mark_after(block, params.encoding))


def _fast(name: str, block: Block, encoding: str) -> Batch | None:
    data = block.data
    if encoding != "utf-8":
        text = decoded(data, encoding)
        if text is None:
            return None
        data = text.encode()
    if _escapes(data) and (rb"\ud" in data or rb"\uD" in data):  # polars lets half of a surrogate pair pass
        return None
    lines = block.end.line - block.mark.line + block.last
    try:  # that the schema is inferred from all lines also proves that they are valid UTF-8
        frame = pl.read_ndjson(data, infer_schema_length=None)
    except pl.exceptions.PolarsError:
        return None
    plain = all(isinstance(dtype, (pl.String, pl.Int64, pl.Boolean)) for dtype in frame.dtypes)
    if frame.height != lines or not plain or OURS & set(frame.columns) or _key_twice(data, frame):
        return None
    numbers = pl.int_range(block.mark.line, block.mark.line + frame.height, dtype=pl.Int64, eager=True).alias(LINE)
    return Batch(name, frame.with_columns(pl.all().cast(pl.String)).with_columns(numbers), loose=True)


def _key_twice(data: bytes, frame: pl.DataFrame) -> bool:
    """Say whether a record may have a key twice, of which polars keeps the first, and JSON's readers the last."""
    for column in frame:
        key = json.dumps(column.name, ensure_ascii=False).encode()
        there = data.count(key)
        if there > column.len() - column.null_count():
            nulls = data.count(key + b":null") + data.count(key + b": null")
            if there > column.len() - column.null_count() + nulls:
                return True
    return False


def _escapes(data: bytes) -> bool:
    r"""Say whether `\u` stands in it; quicker than asking for what may follow."""
    found = np.frombuffer(data, np.uint8)
    return bool((found[np.minimum(np.flatnonzero(found == ord("\\")) + 1, len(found) - 1)] == ord("u")).any())


def _careful(name: str, block: Block, encoding: str) -> Batch:
    bad: list[BadRow] = []
    records: list[tuple[int, dict[str, object]]] = []
    for number, line in enumerate(lines_of(block, encoding), block.mark.line):
        if isinstance(line, bytes):
            bad.append(bad_encoding(number, line, encoding))
        elif line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                bad.append(BadRow(number, "bad_json", str(error)[:200], excerpt(line)))
                continue
            if isinstance(value, dict):
                records.append((number, value))
            else:
                bad.append(BadRow(number, "bad_json", f"a {type(value).__name__}, want an object", excerpt(line)))
    return from_records(name, records, bad)
