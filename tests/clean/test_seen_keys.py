"""Keys that were met are known again, however they come."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tasks.rows.keys import SeenKeys, digests


@given(st.lists(st.lists(st.integers(0, 60), max_size=30), max_size=12))
def test_a_key_is_new_once(blocks: list[list[int]]) -> None:
    """Block by block the same rows are first as all at once."""
    keys = [digests(pl.Series([str(number) for number in block], dtype=pl.String)) for block in blocks]
    known = SeenKeys()
    told = [first for some in keys for first in known.new(some).to_list()]
    assert told == pl.concat([digests(pl.Series([], dtype=pl.String)), *keys]).is_first_distinct().to_list()
