"""Which rows are kept aside to measure on: chosen by hash of the text, so the same for every mix of the same
sources.
"""

import polars as pl
import xxhash

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
