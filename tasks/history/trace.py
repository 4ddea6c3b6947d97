"""Where a row of a mix comes from: its file and line, as it was read, and where it stands in the mix."""

import re
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from pydantic import JsonValue

from tasks.core.errors import RecipeError
from tasks.rows.layout import MADE
from tasks.rows.media import without_media_bytes

MOST_PLACES = 1_000
"""Places of a row in the mix that are listed; all are counted."""


def row_at(shards: list[Path], wanted: str) -> dict[str, JsonValue]:
    """Find a row by its place in the mix (from 0) or as SOURCE/ROW_ID.

    Returns:
        The row's columns, `places` (the first of them) and `times` (how often it stands in the mix).

    Raises:
        RecipeError: there is no such row.
    """
    row = without_media_bytes(
        _by_place(shards, int(wanted)) if wanted.lstrip("-").isdecimal() else _by_id(shards, wanted)
    )
    same = (pl.col("source") == row["source"]) & (pl.col("row_id") == row["row_id"])
    every = pl.scan_parquet(shards).select("source", "row_id").with_row_index("place").filter(same).select("place")
    places = every.collect(engine="streaming")["place"].to_list()
    return {**row, "places": places[:MOST_PLACES], "times": len(places)}


def _by_place(shards: list[Path], place: int) -> dict[str, JsonValue]:
    heights = [pq.read_metadata(path).num_rows for path in shards]
    if not 0 <= place < sum(heights):
        raise RecipeError(f"row {place}: the mix has {sum(heights):,} rows, 0 to {sum(heights) - 1}")
    for path, height in zip(shards, heights, strict=True):
        if place < height:
            return pl.scan_parquet(path).slice(place, 1).collect().row(0, named=True)
        place -= height
    raise RecipeError(f"row {place}: not found")


def _by_id(shards: list[Path], wanted: str) -> dict[str, JsonValue]:
    source, slash, row_id = wanted.partition("/")
    if not slash:
        raise RecipeError(
            f"row {wanted!r}: want a place in the mix such as 17, or SOURCE/ROW_ID such as news/news.csv:12"
        )
    same = (pl.col("source") == source) & (pl.col("row_id") == row_id)
    rows = pl.scan_parquet(shards).filter(same).head(1).collect()
    if rows.height:
        return rows.row(0, named=True)
    sources = pl.scan_parquet(shards).select(pl.col("source").unique()).collect()["source"].sort().to_list()
    hint = (
        "it is in none of its shards; it may be held out or dropped"
        if source in sources
        else f"its sources are {', '.join(sources)}"
    )
    raise RecipeError(f"row {wanted!r} is not in the mix: {hint}")


def as_read(snapshot: Path, row_id: str) -> dict[str, JsonValue] | None:
    """Give a row as it was read, before cleaning; None when the snapshot does not hold it."""
    rows = pl.scan_parquet(snapshot).filter(pl.col("row_id") == row_id).head(1).collect()
    return without_media_bytes(rows.row(0, named=True)) if rows.height else None


def labelled_by(labels: Path, row_id: str) -> dict[str, JsonValue] | None:
    """Say what gave a row its label: `by` and, of a teacher, its `confidence`; None when it is not among these rows."""
    rows = pl.scan_parquet(labels).filter(pl.col("row_id") == row_id).head(1).collect()
    return {name: value for name, value in rows.row(0, named=True).items() if name != "row_id"} if rows.height else None


def origin_of(row_id: str) -> str:
    """Give the id of the row that a row was made from; of one that was not made its own."""
    return re.sub(MADE, "", row_id)
