"""Which rows are kept aside to measure on: chosen by hash of the text, so the same for every mix of the same
sources.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
import xxhash

from tasks.core.imports import importing
from tasks.rows.keys import each_match

SCALE = 2**64


def in_holdout(keys: pl.Series, share: float, seed: int) -> pl.Series:
    """Say for each text whether it belongs to the hold-out.

    A text does when the 64 bits of XXH3 of its key, seeded with `seed`, are below `share` of 2^64. Equal texts fall on
    the same side, wherever they stand and whatever else is in the mix.

    Args:
        keys: digests of normalised texts.
        share: expected share of the texts, 0..1.
    """
    below = int(share * SCALE)
    return pl.Series("holdout", [xxhash.xxh3_64_intdigest(key, seed) < below for key in keys.to_list()], pl.Boolean)


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
