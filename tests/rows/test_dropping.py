"""Dropped rows are shown with the texts that they and what they repeat have, and every step counts alike."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.manifests.dropped import Dropped
from tasks.manifests.manifest import Account
from tasks.rows.dropping import SHOWN, Removal, dropped_by_sources, examples_of, spread
from tasks.rows.layout import FIRST, RowFile
from tasks.rows.reading import rows_at


@pytest.fixture
def files(tmp_path: Path) -> dict[str, RowFile]:
    """Two files of 50 rows, in row groups of 7."""
    paths = {name: tmp_path / f"{name.replace('/', '-')}.parquet" for name in ("a", "holdout/b")}
    for name, path in paths.items():
        rows = {"row_id": [f"{name}:{n}" for n in range(50)], "text": [f"{name} text {n}" for n in range(50)]}
        pl.DataFrame(rows).write_parquet(path, row_group_size=7)
    return {name: RowFile(path, FIRST) for name, path in paths.items()}


def test_rows_are_read_in_the_order_asked_and_as_often(files: dict[str, RowFile]) -> None:
    places = [("a", 49), ("holdout/b", 7), ("a", 6), ("a", 7), ("a", 49)]
    name, row = (pl.Series(column) for column in zip(*places, strict=True))
    assert rows_at(files, name, row, ["text"])["text"].to_list() == [f"{source} text {n}" for source, n in places]
    assert rows_at(files, name.clear(), row.clear(), ["row_id", "text"]).shape == (0, 2)


def test_an_example_has_both_texts_its_score_and_its_place(files: dict[str, RowFile]) -> None:
    row = {"source": "a", "row": 3, "reason": "near_holdout", "other": "holdout/b", "other_row": 8, "score": 0.9}
    rows = pl.DataFrame([row])
    (example,) = examples_of(rows, files)
    assert (example.row_id, example.text) == ("a:3", "a text 3")
    assert (example.other, example.other_text, example.score) == ("holdout/b", "holdout/b text 8", 0.9)


def test_long_texts_are_cut_and_scores_that_are_no_numbers_left_out(tmp_path: Path) -> None:
    path = tmp_path / "long.parquet"
    pl.DataFrame({"row_id": ["x"], "text": ["word " * 1000]}).write_parquet(path)
    rows = pl.DataFrame({"source": ["s"], "row": [0], "reason": ["perplexing"], "score": [float("inf")]})
    (example,) = examples_of(rows, {"s": RowFile(path, FIRST)})
    assert len(example.text) <= SHOWN + 2
    assert example.score is None


@given(total=st.integers(0, 60), most=st.integers(1, 9))
def test_examples_are_spread_from_the_first_to_the_last(total: int, most: int) -> None:
    chosen = spread(pl.DataFrame({"n": range(total)}), most)["n"].to_list()
    assert len(chosen) == min(total, most)
    assert chosen == sorted(set(chosen))
    assert not total or chosen[0] == 0
    assert most < 2 or not total or chosen[-1] == total - 1


def test_counts_are_by_source_and_reason() -> None:
    rows = pl.DataFrame({"source": ["b", "a", "b", "b"], "row": [0, 1, 2, 3], "reason": ["x", "x", "y", "x"]})
    dropped = Removal.of("near-duplicates", rows).dropped
    assert dropped.counts == {"b": {"x": 2, "y": 1}, "a": {"x": 1}}
    assert (dropped.rows, dropped.title) == (4, "Near duplicates")


def test_what_no_step_claims_was_dropped_by_reading_and_cleaning() -> None:
    accounts = [
        Account(source="a", read=9, dropped={"too_short": 2, "personal_data": 3, "exact_duplicate": 4}),
        Account(source="b", read=1, dropped={}, rows=1),
    ]
    personal = Dropped(step="personal-data", counts={"a": {"personal_data": 3, "exact_duplicate": 1}})
    other = Dropped(step="personal-data", by_source={"b": {"email": 1}})
    cleaning, both = dropped_by_sources(accounts, [personal, other])
    assert cleaning.counts == {"a": {"too_short": 2, "exact_duplicate": 3}}
    assert both.counts == personal.counts
    assert both.by_source == other.by_source
    assert dropped_by_sources(accounts[1:], []) == ()
