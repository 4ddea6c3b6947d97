"""What a trial's linear classifier sees of a text: hashed words and pairs of words, or an encoder's vector. Files in,
matrices out.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.core.errors import CuveeError
from tasks.core.imports import importing
from tasks.rows.layout import ROW_ID, RowFile
from tasks.text.hashing import grams, matrix

WIDTH = 2**14
BLOCK_ROWS = 20_000


class Features(NamedTuple):
    """Features of some rows.

    Attributes:
        row_ids: of the rows, in the order of the matrix.
        values: shape (rows, width); each row of length 1 (0 where a text has no words). Sparse (CSR), or float16.
    """

    row_ids: pl.Series
    values: Any


def write_hashed(source: RowFile, features: Path, row_ids: Path) -> int:
    """Hash the words and pairs of words of every text of a Parquet file; gives the number of rows.

    Args:
        features: gets a CSR matrix, shape (rows, 2^14), as `.npz`.
        row_ids: gets the rows' ids as Parquet, in the same order.
    """
    with importing:
        from scipy.sparse import csr_matrix, save_npz, vstack

    hashed = [hashed_texts(rows["text"]) for rows in source.batches(BLOCK_ROWS)]
    pl.scan_parquet(source.path).select(ROW_ID).sink_parquet(row_ids, compression="zstd")
    with features.open("wb") as file:
        save_npz(file, vstack(hashed, "csr") if hashed else csr_matrix((0, WIDTH), dtype=np.float32), compressed=False)
    return source.rows


def hashed_texts(texts: pl.Series) -> Any:
    """Hash the words and pairs of words of every text: a CSR matrix, shape (rows, 2^14)."""
    return matrix(grams(texts, buckets=WIDTH)).astype(np.float32)


def read_features(values: Path, row_ids: Path) -> Features:
    """Read what `write_hashed` wrote, or an encoder's vectors (`.npy`, which stay on the disk)."""
    with importing:
        from scipy.sparse import load_npz

    with values.open("rb") as file:
        zipped = file.read(2) == b"PK"
    return Features(
        pl.read_parquet(row_ids)["row_id"],
        load_npz(values) if zipped else np.load(values, mmap_mode="r", allow_pickle=False),
    )


def places(features: Features, row_ids: pl.Series) -> NDArray[np.int64]:
    """Say in which rows of the features the rows with these ids are, shape (ids,).

    Raises:
        CuveeError: a row without features.
    """
    known = pl.DataFrame({"row_id": features.row_ids}).with_row_index("at")
    at = pl.DataFrame({"row_id": row_ids}).join(known, on="row_id", how="left", maintain_order="left")["at"]
    if at.null_count():
        raise CuveeError(f"{at.null_count():,} of {len(row_ids):,} rows have no features; they were made of other rows")
    return at.cast(pl.Int64).to_numpy()


def stacked(parts: Sequence[Any]) -> Any:
    """Put matrices of one kind one below the other; dense ones as float32."""
    with importing:
        from scipy.sparse import issparse, vstack

    return (
        vstack(list(parts), "csr")
        if issparse(parts[0])
        else np.concatenate([np.asarray(part, np.float32) for part in parts])
    )
