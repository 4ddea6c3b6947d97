"""Bring the columns of typed formats to texts, as the text formats give them."""

import polars as pl

from tasks.ingest.batch import as_text


def flattened(frame: pl.DataFrame) -> pl.DataFrame:
    """Give every column as text: numbers as they are, a list of one value as that value, nested values as JSON."""
    return frame.with_columns(_flat(frame, name, dtype) for name, dtype in frame.schema.items())


def _flat(frame: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Expr | pl.Series:
    if isinstance(dtype, pl.Binary):
        return pl.col(name).cast(pl.String, strict=False)
    if dtype.is_nested():
        return pl.Series(name, [as_text(value) for value in frame[name].to_list()], pl.String)
    return pl.col(name).cast(pl.String)
