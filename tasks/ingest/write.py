"""Where the media of a source stand: beside its rows, in a file of their own."""

from pathlib import Path
from typing import Self

import polars as pl
import pyarrow as pa

from tasks.rows.media import SCHEMA


def media_beside(rows: Path) -> Path:
    """Name the file of the media of these rows."""
    return rows.with_name(f"{rows.name}.media")


class MediaFile:
    """Writes media as they come, uncompressed, to be looked up by row in bounded memory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        self.file = pa.OSFile(str(self.path), "wb")
        self.writer = pa.ipc.new_file(self.file, SCHEMA)
        return self

    def add(self, media: pl.DataFrame) -> None:
        """Take more rows: `row_id` and `media`."""
        self.writer.write_table(media.to_arrow().cast(SCHEMA).combine_chunks())

    def __exit__(self, *_: object) -> None:
        self.writer.close()
        self.file.close()
