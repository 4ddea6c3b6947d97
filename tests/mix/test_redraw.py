"""A mix drawn anew for a later epoch has the plan's shares, repeats no row more often, and prefers what is unseen."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tasks.mix.plan import draw_rows, draw_tokens, generator, interleave
from tasks.mix.redraw import redrawn

SOURCES = st.lists(st.tuples(st.integers(1, 30), st.floats(0.1, 3)), min_size=1, max_size=4)


@given(told=SOURCES, epochs=st.integers(1, 5), seed=st.integers(0, 99))
def test_every_epoch_holds_the_counts_and_the_cap_and_sees_rows_evenly(
    told: list[tuple[int, float]], epochs: int, seed: int
) -> None:
    sizes, counts = [size for size, _ in told], [max(1, int(size * often)) for size, often in told]
    wanted = [*zip(sizes, counts, strict=True)]
    first = interleave([draw_rows(size, count, generator(seed, str(at))) for at, (size, count) in enumerate(wanted)])
    tokens = [np.ones(size, np.uint32) for size in sizes]
    plans = [first, *(redrawn(first, tokens, "rows", seed, epoch) for epoch in range(1, epochs + 1))]
    assert np.array_equal(plans[-1].row, redrawn(first, tokens, "rows", seed, epochs).row), "the same every time"
    for plan in plans:
        assert np.array_equal(plan.source, first.source), "each source stands where it stood"
    for at, (size, count) in enumerate(wanted):
        rows = [plan.row[plan.source == at] for plan in plans]
        assert all(len(drawn) == count and max(Counter(drawn.tolist()).values()) <= -(-count // size) for drawn in rows)
        seen = np.bincount(np.concatenate(rows), minlength=size)
        assert seen.max() - seen.min() <= 1, "those come first that were seen least"


@given(
    tokens=st.lists(st.integers(1, 40), min_size=2, max_size=30),
    share=st.floats(0.2, 2.5),
    epochs=st.integers(1, 4),
)
def test_where_weights_are_shares_of_tokens_every_epoch_has_as_many(
    tokens: list[int], share: float, epochs: int
) -> None:
    held = np.array(tokens, np.uint32)
    quota = max(share * sum(tokens), *tokens)
    first = interleave([draw_tokens(held, quota, quota, generator(0, "a"))])
    asked = int(held[first.row].sum())
    for epoch in range(1, epochs + 1):
        plan = redrawn(first, [held], "tokens", 0, epoch)
        got = int(held[plan.row].sum())
        assert got > asked - max(tokens)
        assert got <= asked or len(plan.row) == 1
        assert len(plan.row) > 0
