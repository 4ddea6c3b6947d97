"""Which rows of a mix new ones are made from, and the new rows: each names the one that it comes from."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.core.layout import Layout
from tasks.core.rng import generator
from tasks.manifests.augmented import Augmented, AugmentedRow
from tasks.rows.dropping import cut, spread
from tasks.rows.keys import as_number, each_match, row_keys
from tasks.rows.layout import ROW_ID, SOURCE, TOKENS
from tasks.text.words import words_and_signs

Rewrite = Callable[[Sequence[str], Sequence[str]], list[str]]
"""Makes a new text of each text, given also what chance hangs on for it."""
EXAMPLES = 8
"""New rows to look at."""
UNCHANGED, IN_HOLDOUT, REPEATED = "unchanged", "in_holdout", "made_before"
"""Why a row gives no new one: its text came out as it was, or as one that is measured on or that was made before."""


class Made(NamedTuple):
    """The new rows, in the columns of the mix, and what is said of them."""

    rows: pl.DataFrame
    facts: Augmented


def chosen(sources: pl.Series, share: float, wanted: Collection[str], seed: int, way: str) -> NDArray[np.int64]:
    """Choose rows, `share` of those of each source, as evenly as may be: each ⌊share⌋ or ⌈share⌉ times.

    Args:
        sources: of every row.
        wanted: sources that give rows; empty = all.
    """
    parts: list[NDArray[np.int64]] = []
    for source in sources.unique(maintain_order=True).to_list():
        own = (sources == source).arg_true().to_numpy().astype(np.int64)
        if wanted and source not in wanted:
            continue
        count = round(share * len(own))
        order = generator(seed, "augment", way, source).permutation(own)
        parts.append(np.resize(order, count))
    return np.sort(np.concatenate(parts), kind="stable") if parts else np.empty(0, np.int64)


def augmented(
    mix: pl.DataFrame, aside: Sequence[Path], layout: Layout, way: str, rewrite: Rewrite, rng: np.random.Generator
) -> Made:
    """Make new rows of some rows of a mix.

    Args:
        mix: the chosen rows, one as often as it is to give a new one.
        aside: files of the rows that are measured on; a new row that matches one of them is left out.
        way: name and number of the way of making them, such as `eda-1`; new ids end in it.
        rng: chooses which text of a row is changed, where it has several.
    """
    copy = mix.select(pl.int_range(pl.len()).over(SOURCE, ROW_ID)).to_series()
    named = (mix[ROW_ID] + f"~{way}." + copy.cast(pl.String)).alias("named")
    columns = [mix[role].to_list() for role in layout.texts]
    which = rng.integers(len(columns), size=mix.height).tolist()
    before = pl.Series("before", [columns[role][row] for row, role in enumerate(which)], pl.String)
    after = pl.Series("after", rewrite(before.to_list(), named.to_list()), pl.String)
    here = pl.Series(which, dtype=pl.Int64)
    changed = {role: after.zip_with(here == number, mix[role]) for number, role in enumerate(layout.texts)}
    rows = mix.with_columns(named.alias(ROW_ID), **changed)
    met = _kept_aside(rows, aside, layout)
    same = (after == before) | (after.str.strip_chars() == "")
    again = ~rows.select(pl.struct(SOURCE, *layout.names).is_first_distinct()).to_series()
    reasons = pl.when(same).then(pl.lit(UNCHANGED)).when(met).then(pl.lit(IN_HOLDOUT))
    why = pl.select(why=reasons.when(again).then(pl.lit(REPEATED))).to_series()
    new = rows.filter(why.is_null())
    tokens = pl.sum_horizontal(words_and_signs(new[role]).list.len() for role in layout.texts).cast(pl.UInt32)
    new = new.with_columns(tokens.alias(TOKENS))
    left = rows.select(SOURCE).with_columns(why).drop_nulls()
    shown = spread(rows.select(SOURCE, ROW_ID).hstack([before, after]).filter(why.is_null()), EXAMPLES)
    facts = Augmented(
        kind=way.rpartition("-")[0],
        rows=_counts(new[SOURCE]),
        left_out={str(one): _counts(group[SOURCE]) for (one,), group in left.group_by("why", maintain_order=True)},
        examples=tuple(
            AugmentedRow(source=source, row_id=row_id, text=cut(after), made_from=cut(before))
            for source, row_id, before, after in shown.iter_rows()
        ),
    )
    return Made(new, facts)


def _counts(sources: pl.Series) -> dict[str, int]:
    return dict(sources.value_counts().sort(SOURCE).iter_rows())


def _kept_aside(rows: pl.DataFrame, aside: Sequence[Path], layout: Layout) -> pl.Series:
    """Say which rows match a row that is measured on, as deduplication matches them."""
    theirs = pl.concat([each_match(_matches(pl.read_parquet(file), layout))["match"] for file in aside])
    own = each_match(_matches(rows, layout))
    met = own.filter(as_number(own["match"]).is_in(as_number(theirs).unique().implode()))["row"].unique()
    return pl.int_range(rows.height, eager=True).is_in(met.implode())


def _matches(rows: pl.DataFrame, layout: Layout) -> pl.Series:
    return row_keys(rows, layout)[1]
