"""What training reads of a mix."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from tasks.core.layout import Layout
from tasks.rows.layout import MADE, ROW_ID, SOURCE, one_text
from tasks.train.order import interleaved


def filled(layout: Layout) -> tuple[str, ...]:
    """Name the columns that hold anything: the rows of an earlier stage may be those of another task."""
    return tuple(role.name for role in layout.roles if role.holds != "nothing")


def texts_of(layout: Layout, mix: pl.DataFrame, later: Sequence[str | Path]) -> pl.Series:
    """Give the texts that a tokenizer built here learns: those of the mix, and of the files of later stages."""
    read = [mix, *(pl.read_parquet(file, columns=list(layout.texts)) for file in later)]
    return pl.concat([rows.select(one_text(layout, [role])).to_series() for rows in read for role in layout.texts])


def read_rows(files: Sequence[str], columns: Sequence[str], seed: int) -> pl.DataFrame:
    """Read a mix; rows that were made from its own stand anywhere among these."""
    mix = pl.read_parquet(list(files), columns=[*columns, SOURCE, ROW_ID])
    made = mix[ROW_ID].str.contains(MADE)
    return mix[interleaved(made.to_numpy(), seed).tolist()] if made.any() else mix
