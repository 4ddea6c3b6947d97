"""Write the rows of the pool that are left, and close the books."""

from collections import Counter
from pathlib import Path

import polars as pl

from tasks.records import Account

GROUP_ROWS = 65_536
"""Rows of a row group of the files written; fixed, so that equal rows are equal bytes."""


def remove(file: Path, rows: pl.Series, out: Path) -> None:
    """Write a Parquet file without some of its rows, a piece at a time.

    Args:
        rows: numbers of the rows that go.
    """
    table = pl.scan_parquet(file).with_row_index("__row").filter(~pl.col("__row").cast(pl.Int64).is_in(rows.implode()))
    table.drop("__row").sink_parquet(out, compression="zstd", compression_level=1, row_group_size=GROUP_ROWS)


def closed(before: Account, dropped: pl.DataFrame, left: Path) -> Account:
    """Give the account of a source after rows were removed.

    Args:
        dropped: the rows that went, each with its `reason`.
        left: the file of those that stay.
    """
    reasons = Counter(before.dropped) + Counter(dict(dropped["reason"].value_counts().iter_rows()))
    told = pl.scan_parquet(left).select(rows=pl.len(), tokens=pl.col("tokens").sum()).collect().row(0, named=True)
    return Account.model_validate(before.model_dump() | told | {"dropped": dict(sorted(reasons.items()))})
