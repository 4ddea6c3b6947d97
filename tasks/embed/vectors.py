"""Vectors of all rows of a source, in a file: 2 bytes a dimension and row."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from tasks.core.layout import Layout
from tasks.embed.encoder import Encoded
from tasks.rows.files import array_on_disk
from tasks.rows.layout import ROW_ID, compared_text

BLOCK_ROWS = 4096


class Encodes(Protocol):
    """What makes vectors of texts."""

    dimensions: int

    def __call__(self, texts: list[str]) -> Encoded:
        """Give the vectors of some texts."""
        ...


class Written(NamedTuple):
    """What was written: `rows` vectors, `cut` of them of the beginning of a text only."""

    rows: int
    cut: int


def write_vectors(
    source: Path,
    layout: Layout,
    encode: Encodes,
    files: tuple[Path, Path],
    progress: Callable[[float, str], None],
) -> Written:
    """Encode the texts of a Parquet file, some thousand at a time.

    Args:
        layout: of its rows; of each the text that is compared is encoded.
        files: get a numpy array of float16, shape (rows, dimensions), two vectors' cosine true to 0.0005, and the
            rows' ids as Parquet, in the same order.
        progress: is told the share done, and words for it.
    """
    vectors, row_ids = files
    rows, cut = pq.read_metadata(source).num_rows, 0
    pl.scan_parquet(source).select(ROW_ID).sink_parquet(row_ids, compression="zstd")
    if not rows:
        np.lib.format.write_array(vectors.open("wb"), np.empty((0, encode.dimensions), np.float16))
        return Written(0, 0)
    out, done = array_on_disk(vectors, np.float16, (rows, encode.dimensions)), 0
    with pq.ParquetFile(source) as file:
        for batch in file.iter_batches(BLOCK_ROWS, columns=list(layout.compared)):
            encoded = encode(pl.DataFrame(batch).select(compared_text(layout)).to_series().to_list())
            out[done : done + len(batch)] = encoded.vectors
            done, cut = done + len(batch), cut + encoded.cut
            progress(done / rows, f"{done:,} of {rows:,} texts")
    out.flush()
    return Written(rows, cut)
