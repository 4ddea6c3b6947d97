"""Apache Parquet, row group by row group.

Recipe:
    kind: parquet
    path: comments/*.parquet
    columns: {text: body, label: labels}
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.core.errors import QualityGate
from tasks.ingest.batch import LINE, Batch, Opened
from tasks.ingest.columns import flattened, unique
from tasks.ingest.settings import FileSettings

BATCH_ROWS = 16_384


class Params(FileSettings):
    """Settings of a Parquet source."""

    alone: ClassVar[bool] = True
    kind: Literal["parquet"] = "parquet"


def batches(file: Opened, _params: Params) -> Iterator[Batch]:
    """Read a file in blocks of rows."""
    start = 1
    try:
        with file.open() as stream:
            for block in pq.ParquetFile(stream).iter_batches(batch_size=BATCH_ROWS):
                table = pa.Table.from_batches([block])
                frame = flattened(pl.DataFrame(table.rename_columns(unique(table.column_names))))
                numbers = pl.int_range(start, start + frame.height, dtype=pl.Int64, eager=True).alias(LINE)
                yield Batch(file.name, frame.with_columns(numbers))
                start += frame.height
    except (pa.ArrowException, OSError) as error:
        # What cannot be unpacked is an OSError without a number to Arrow; what a file system raises has one.
        if isinstance(error, OSError) and (type(error) is not OSError or error.errno is not None):
            raise
        raise QualityGate(f"{file.name}: not a whole Parquet file: {error}") from None
