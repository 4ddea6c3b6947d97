"""Media on their way to the mix: their bytes lie apart, in the snapshot, and are put to the rows that are left when the
mix is written.

What stages in between see of a row's image or audio is `media_key`, by which media are compared.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import JsonValue

from tasks.rows.keys import MEDIA_KEY

MEDIA = pa.struct([("bytes", pa.large_binary()), ("path", pa.large_string())])
SCHEMA = pa.schema([("row_id", pa.large_string()), ("media", MEDIA)])
FEATURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""What `datasets` keeps an Image or Audio in."""
PIECE_BYTES, PIECE_ROWS = 32 << 20, 4_096
"""A row group ends with the row that makes it as large as this."""


class Medium(TypedDict):
    """An image or a recording."""

    bytes: bytes
    path: str


class Media:
    """The media of one source, mapped from disk and looked up by row."""

    def __init__(self, path: Path) -> None:
        self.file = pa.ipc.open_file(pa.memory_map(str(path)))
        self.places: dict[str, tuple[int, int]] = {}
        for number in range(self.file.num_record_batches):
            for at, row_id in enumerate(self.file.get_batch(number).column("row_id").to_pylist()):
                self.places[row_id] = (number, at)

    def __getitem__(self, row_id: str) -> Medium:
        """Give `bytes` and `path`."""
        number, at = self.places[row_id]
        return self.file.get_batch(number).column("media")[at].as_py()


def write_with_media(
    rows: pl.DataFrame, media: Mapping[str, Media], kind: str, out: Path, texts: Collection[str]
) -> None:
    """Write rows with a column `media`, null where a source has none, to Parquet that `datasets` reads as images or
    audio.

    Args:
        media: by source.
        kind: `image` or `audio`.
        texts: columns of texts that are long and seldom repeat.
    """
    rows = rows.drop(MEDIA_KEY, strict=False)
    plain = rows.head(0).to_arrow().schema
    schema = plain.append(pa.field("media", FEATURE)).with_metadata(
        {"huggingface": json.dumps({"info": {"features": _features(plain, kind)}})}
    )
    keys = list(rows.select("source", "row_id").iter_rows())
    # media are neither repeated nor compared inside a file
    short: Any = [name for name, dtype in rows.schema.items() if dtype == pl.String and name not in texts]
    with pq.ParquetWriter(out, schema, compression="zstd", use_dictionary=short, write_statistics=short) as writer:
        start = 0
        for piece in _pieces(keys, media):
            table = rows.slice(start, len(piece)).to_arrow().append_column("media", pa.array(piece, FEATURE))
            writer.write_table(table.cast(schema), row_group_size=len(piece))
            start += len(piece)


def without_media_bytes(row: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Give a row for people and programs to read: of its medium the name and the number of bytes, and nothing to
    compare it by.
    """
    media = row.get("media")
    rest = {name: value for name, value in row.items() if name != MEDIA_KEY}
    return rest | ({"media": {"path": media["path"], "bytes": len(media["bytes"])}} if media else {})


def _pieces(keys: Sequence[tuple[str, str]], media: Mapping[str, Media]) -> Iterator[list[Medium | None]]:
    piece, size = list[Medium | None](), 0
    for source, row_id in keys:
        medium = media[source][row_id] if source in media else None
        piece.append(medium)
        size += len(medium["bytes"]) if medium else 0
        if len(piece) == PIECE_ROWS or size >= PIECE_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _features(plain: pa.Schema, kind: str) -> dict[str, dict[str, str]]:
    named = {field.name: {"dtype": str(field.type), "_type": "Value"} for field in plain}
    return named | {"media": {"_type": kind.capitalize()}}
