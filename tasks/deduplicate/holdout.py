"""Which rows are kept aside to measure on: chosen by hash of the text, so the same for every mix of the same
sources.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
import xxhash

from tasks.core.imports import importing
from tasks.rows.files import HOLDOUT, SIDES, VALIDATION
from tasks.rows.keys import each_match

SCALE = 2**64


def side_of(keys: pl.Series, share: float, validation: float, seed: int) -> pl.Series:
    """Say for each text which side it is on: a number of `SIDES`.

    A text belongs to the hold-out when the 64 bits of XXH3 of its key, seeded with `seed`, are below `share` of 2^64,
    and to the validation rows when they are in the next `validation` of it. Equal texts fall on the same side, wherever
    they stand and whatever else is in the mix.

    Args:
        keys: digests of normalised texts.
        share, validation: expected shares of the texts, together below 1.
    """
    drawn = pl.Series("side", [xxhash.xxh3_64_intdigest(key, seed) for key in keys.to_list()], pl.UInt64)
    below, beside = drawn < int(share * SCALE), drawn < int((share + validation) * SCALE)
    aside = pl.select(pl.when(below).then(SIDES.index(HOLDOUT)).when(beside).then(SIDES.index(VALIDATION)).otherwise(0))
    return aside.to_series().cast(pl.UInt8).alias("side")


def on_one_side(keys: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """Give rows that share a text one `match`, and those that hang together by way of others, too: the least digest of
    a connected component of rows and texts.

    Args:
        keys: of each source; `match` holds a digest for each text of a row.
    """
    with importing:
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

    rows = pl.concat(keys)
    each = each_match(rows["match"]).with_columns(text=pl.col("match").rank("dense").cast(pl.Int64) - 1)
    nodes = rows.height + each["text"].n_unique()
    ends = (each["row"].to_numpy(), each["text"].to_numpy() + rows.height)
    graph = coo_array((np.ones(each.height, np.bool_), ends), shape=(nodes, nodes))
    component = pl.Series("component", connected_components(graph, directed=False)[1])
    together = each.with_columns(component.gather(each["row"]))
    least = together.select("row", pl.col("match").min().over("component")).unique("row").sort("row")["match"]
    starts = np.cumsum([0, *(part.height for part in keys)])
    return [part.with_columns(least.slice(start, part.height)) for part, start in zip(keys, starts, strict=False)]
