"""What the report shows of the mix's own rows: a few of each source, and how the labels are spread."""

from collections.abc import Sequence

import polars as pl

from tasks.core.records import Section
from tasks.rows.layout import ROW_ID, SOURCE, RowFile

LONGEST = 280


class Sample(Section):
    """One row of the mix, its text cut to what a page can show."""

    source: str
    row_id: str
    label: str | None
    text: str


def label_counts(files: Sequence[RowFile]) -> dict[str, dict[str, int]]:
    """Count the labels of each source in the mix: source -> label -> rows."""
    if not files:
        return {}
    counted = _rows(files).group_by(SOURCE, "label").len().sort(SOURCE, "label").collect(engine="streaming")
    counts: dict[str, dict[str, int]] = {}
    for source, label, rows in counted.iter_rows():
        counts.setdefault(source, {})[label] = rows
    return counts


def sample_rows(files: Sequence[RowFile], per_source: int) -> list[Sample]:
    """Take rows of each source at equal distances through the mix, so that the choice needs no chance.

    Args:
        files: the mix's files, in order.
        per_source: how many rows of each source, fewer where it has fewer.
    """
    if not files:
        return []
    numbered = _rows(files).with_row_index("place")
    places = numbered.select("place", SOURCE).collect().group_by(SOURCE, maintain_order=True).agg("place")
    chosen = sorted({row for _, rows in places.iter_rows() for row in _spread(rows, per_source)})
    wanted = numbered.filter(pl.col("place").is_in(chosen)).select(
        SOURCE, ROW_ID, "label", pl.col("text").str.slice(0, LONGEST + 1)
    )
    return [
        Sample(source=source, row_id=row_id, label=label, text=cut(text))
        for source, row_id, label, text in wanted.sort(SOURCE, maintain_order=True).collect().iter_rows()
    ]


def _rows(files: Sequence[RowFile]) -> pl.LazyFrame:
    """Give the rows of all files with their text and label, whatever columns these stand in."""
    return pl.concat([file.scan(ROW_ID, SOURCE) for file in files])


def _spread(rows: list[int], count: int) -> list[int]:
    count = min(count, len(rows))
    return [rows[(2 * number + 1) * len(rows) // (2 * count)] for number in range(count)]


def cut(text: str) -> str:
    """Cut a text to what a page can show."""
    return text if len(text) <= LONGEST else text[:LONGEST].rstrip() + " …"
