"""Near duplicates of the pool: who goes for whom, and what is shown of it."""

from pathlib import Path

import polars as pl

from tasks.deduplicate.near import near_duplicates
from tasks.rows.layout import FIRST, RowFile
from tasks.similarity.settings import NearSettings

LONG = "the quick brown fox jumps over the lazy dog and runs into the dark green forest near the old stone bridge"


def written(folder: Path, side: str, sources: dict[str, list[str]]) -> dict[str, RowFile]:
    paths = {name: folder / f"{side}-{name}.parquet" for name in sources}
    for name, texts in sources.items():
        rows = {"row_id": [f"{name}:{side}:{n}" for n in range(len(texts))], "text": texts}
        pl.DataFrame(rows, schema=dict.fromkeys(rows, pl.String)).write_parquet(paths[name])
    return {name: RowFile(path, FIRST) for name, path in paths.items()}


def test_rows_go_for_what_is_kept_aside_and_for_earlier_rows(tmp_path: Path) -> None:
    other = "prices of wheat rose on monday after the ministry told reporters that the harvest would be late this year"
    train = {"a": [f"{LONG} today", f"{other} again"], "b": [f"{other} again now", "nothing alike here at all"]}
    sides = {
        "train": written(tmp_path, "train", train),
        "holdout": written(tmp_path, "holdout", {"a": [], "b": [LONG]}),
        "validation": written(tmp_path, "validation", {"a": [other], "b": []}),
    }
    found = near_duplicates(sides, NearSettings(threshold=0.6), tmp_path, 0)
    assert found.rows.select("source", "row", "reason", "other").rows() == [
        ("a", 0, "near_holdout", "holdout/b"),
        ("a", 1, "near_validation", "validation/a"),
        ("b", 0, "near_validation", "validation/a"),
    ]
    assert found.dropped.counts == {"a": {"near_holdout": 1, "near_validation": 1}, "b": {"near_validation": 1}}
    assert found.dropped.figures["rows compared"] == 6
    scores = [row.score for row in found.dropped.examples]
    assert scores == sorted(scores)
    shown = {row.row_id: (row.text, row.other_text) for row in found.dropped.examples}
    assert shown["a:train:0"] == (f"{LONG} today", LONG)


def test_nothing_alike_shows_nothing(tmp_path: Path) -> None:
    sides = {"train": written(tmp_path, "train", {"a": [LONG]}), "holdout": written(tmp_path, "holdout", {"a": []})}
    found = near_duplicates(sides, NearSettings(), tmp_path, 0)
    assert (found.dropped.rows, found.dropped.counts, found.dropped.examples) == (0, {}, ())
