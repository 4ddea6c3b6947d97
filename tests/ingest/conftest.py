"""Reading a source as every law wants it read: twice, with the sums checked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.ingest.read import Outcome, read_source
from tasks.ingest.settings import parse_source
from tasks.objectives.text_classification.columns import layout

LABELS = ("negative", "positive")
LAYOUT = layout(LABELS)


@dataclass(frozen=True)
class Found:
    """What reading a source gave."""

    rows: pl.DataFrame
    bad: list[tuple[str, int, str]]
    outcome: Outcome

    @property
    def texts(self) -> list[str]:
        return self.rows["text"].to_list()

    @property
    def left_out(self) -> dict[str, int]:
        return self.outcome.account.dropped


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Found]:
    """Read a source in the test's folder, with the label `positive` if it has none: the same bytes twice, ids unique,
    sums that agree."""

    def read_twice(**section: Any) -> Found:
        label = (
            {}
            if {"label", "labels"} & section.keys() or "label" in section.get("columns", {})
            else {"label": "positive"}
        )
        outs = [tmp_path / f"{name}.out" for name in ("rows", "bad", "rows again", "bad again")]
        outcome = read_source("s", parse_source(section | label), str(tmp_path), LAYOUT, outs[0], outs[1])
        assert read_source("s", parse_source(section | label), str(tmp_path), LAYOUT, outs[2], outs[3]) == outcome
        assert [path.read_bytes() for path in outs[:2]] == [path.read_bytes() for path in outs[2:]]
        rows, bad = pl.read_parquet(outs[0]), pl.read_parquet(outs[1])
        assert rows["row_id"].is_unique().all()
        assert outcome.account.read == rows.height + bad.height + sum(outcome.account.dropped.values())
        for path in outs:
            path.unlink()
        return Found(rows, bad.select("file", "line", "reason").rows(), outcome)

    return read_twice
