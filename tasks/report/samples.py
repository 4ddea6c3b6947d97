"""What the report shows of the mix's own rows: a few of each source, and how the labels are spread."""

from pathlib import Path

import polars as pl

from tasks.core.records import Section

LONGEST = 280


class Sample(Section):
    """One row of the mix, its text cut to what a page can show."""

    source: str
    row_id: str
    label: str | None
    text: str


def label_counts(shards: list[Path]) -> dict[str, dict[str, int]]:
    """Count the labels of each source in the mix: source -> label -> rows."""
    if not shards:
        return {}
    counted = (
        pl.scan_parquet(shards).group_by("source", "label").len().sort("source", "label").collect(engine="streaming")
    )
    found: dict[str, dict[str, int]] = {}
    for source, label, rows in counted.iter_rows():
        found.setdefault(source, {})[label] = rows
    return found


def sample_rows(shards: list[Path], per_source: int) -> list[Sample]:
    """Take rows of each source at equal distances through the mix, so that the choice needs no chance.

    Args:
        shards: the mix's files, in order.
        per_source: how many rows of each source, fewer where it has fewer.
    """
    if not shards:
        return []
    numbered = pl.scan_parquet(shards).with_row_index("place")
    places = numbered.select("place", "source").collect().group_by("source", maintain_order=True).agg("place")
    chosen = sorted({row for _, rows in places.iter_rows() for row in _spread(rows, per_source)})
    wanted = numbered.filter(pl.col("place").is_in(chosen)).select(
        "source", "row_id", "label", pl.col("text").str.slice(0, LONGEST + 1)
    )
    return [
        Sample(source=s, row_id=i, label=y, text=_cut(t))
        for s, i, y, t in wanted.sort("source", maintain_order=True).collect().iter_rows()
    ]


def _spread(rows: list[int], count: int) -> list[int]:
    count = min(count, len(rows))
    return [rows[(2 * number + 1) * len(rows) // (2 * count)] for number in range(count)]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " …"
