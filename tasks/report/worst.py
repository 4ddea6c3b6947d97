"""The rows kept aside that a model is furthest from: what it was to say, what it says, and the loss of that."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tasks.core.layout import Layout
from tasks.report.samples import Sample, cut
from tasks.rows.layout import ROW_ID, SOURCE, one_text


class Missed(Sample):
    """A row kept aside, with what the model says of it."""

    answer: str | None
    loss: float


def worst_rows(
    holdout: Sequence[Path], predictions: Path, layout: Layout, weighs: str | None, count: int
) -> list[Missed]:
    """Find the rows of the largest loss; where a loss is a sum over words or tokens, of the largest loss of one.

    Args:
        holdout: files of the rows kept aside, whose texts are as the run left them: what it redacts is redacted here.
        predictions: a line for each of them.
        weighs: its column that a loss is a sum over.
    """
    table = pl.read_parquet(predictions)
    each = pl.col("loss") / (pl.col(weighs).clip(lower_bound=1) if weighs else 1)
    answer = next((name for name in ("predicted", "written") if name in table.columns), None)
    said = table.select(ROW_ID, SOURCE, loss=each, answer=answer or pl.lit(None))
    worst = said.sort("loss", descending=True, maintain_order=True).head(count)
    asked, right = _asked_and_right(layout)
    texts = one_text(layout, asked)
    rows = pl.concat(
        [
            pl.scan_parquet(file).select(ROW_ID, SOURCE, texts, right=pl.col(right) if right else pl.lit(None))
            for file in holdout
        ]
    )
    shown = worst.join(rows.collect(), on=[SOURCE, ROW_ID], how="inner", maintain_order="left")
    return [
        Missed(
            source=row[SOURCE],
            row_id=row[ROW_ID],
            label=_said(row["right"]),
            text=cut(row["text"]),
            answer=_said(row["answer"]),
            loss=round(row["loss"], 4),
        )
        for row in shown.to_dicts()
    ]


def _asked_and_right(layout: Layout) -> tuple[list[str], str | None]:
    """Name the roles that a model is given, and the one that it is to find; None where that stands in the former."""
    *given, last = layout.names
    return ([role for role in layout.texts if role != last], last) if given else ([last], None)


def _said(value: Any) -> str | None:
    """Write what was to be said, or was."""
    if isinstance(value, dict):  # answers, as SQuAD has them
        value = value["text"]
    if isinstance(value, list):
        value = ", ".join(value)
    return f"{value:.4g}" if isinstance(value, float) else None if value is None else cut(value)
