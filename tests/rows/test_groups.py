"""Rows in Parquet files: the bytes hang on the rows alone, nothing is lost on the way, and what cannot be written is
raised."""

import itertools
import tempfile
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.parallel import in_order
from tasks.rows import groups
from tasks.rows.groups import groups_of, writing
from tasks.rows.layout import FIRST, copy_rows

SHAPE = {"row_id": pl.String, "text": pl.String}


def write(path: Path, texts: list[str], cuts: list[int]) -> bytes:
    rows = pl.DataFrame({"row_id": [str(n) for n in range(len(texts))], "text": texts}, schema=SHAPE)
    ends = sorted({*(cut % (len(texts) + 1) for cut in cuts), 0, len(texts)})
    with writing(path, SHAPE, ["text"]) as file:
        for start, end in itertools.pairwise(ends):
            file.add(rows.slice(start, end - start))
    return path.read_bytes()


@given(texts=st.lists(st.text(max_size=20), max_size=60), cuts=st.lists(st.integers(0, 100), max_size=5))
def test_equal_rows_are_equal_bytes_however_they_came(texts: list[str], cuts: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "GROUP_ROWS", 7)
        patch.setattr(groups, "GROUP_BYTES", 40)
        whole, cut = Path(folder, "whole"), Path(folder, "cut")
        assert write(whole, texts, []) == write(cut, texts, cuts)
        read = list(groups_of(cut))
        assert [len(group) for group in read] == [
            pq.ParquetFile(cut).metadata.row_group(n).num_rows for n in range(len(read))
        ]
        assert [text for group in read for text in group["text"]] == texts


@given(chosen=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_copied_rows_are_those_that_were_chosen_in_their_order(chosen: list[tuple[bool, bool]]) -> None:
    texts = [f"text {number}" for number in range(len(chosen))]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "GROUP_ROWS", 7)
        masks = {
            Path(folder, f"out{side}{copy}"): pl.Series([one[side] for one in chosen])
            for side in (0, 1)
            for copy in "ab"
        }
        for copy in "ab":
            write(Path(folder, copy), texts, [])
        copy_rows(
            {
                Path(folder, copy): {path: mask for path, mask in masks.items() if path.name.endswith(copy)}
                for copy in "ab"
            },
            FIRST,
        )
        for path, mask in masks.items():
            assert pl.read_parquet(path)["text"].to_list() == [
                text for text, stays in zip(texts, mask, strict=True) if stays
            ]


def test_rows_that_cannot_be_written_are_an_error_not_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "GROUP_ROWS", 1)
    with pytest.raises(ValueError, match="schema"), writing(tmp_path / "rows", SHAPE, ["text"]) as file:
        file.add(pl.DataFrame({"other": ["1"], "text": ["a"]}))


def test_a_reader_that_stops_early_closes_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "GROUP_ROWS", 2)
    write(tmp_path / "rows", [str(n) for n in range(20)], [])
    read = groups_of(tmp_path / "rows")
    assert next(read)["text"].to_list() == ["0", "1"]
    read.close()


@pytest.mark.parametrize("at_once", [1, 3, None])
def test_results_come_in_order_and_an_error_where_it_happened(at_once: int | None) -> None:
    def half(number: int) -> float:
        return 6 / number

    assert list(in_order(half, range(1, 50), at_once)) == [half(number) for number in range(1, 50)]
    came: list[float] = []
    with pytest.raises(ZeroDivisionError):
        came.extend(in_order(half, [3, 2, 0, 1], at_once))
    assert came == [2.0, 3.0]
