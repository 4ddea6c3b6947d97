"""Which rows are kept aside to measure on: chosen by hash of the text, so the same for every mix of the same sources."""

import numpy as np
import polars as pl

from tasks.clean.keys import digests

SCALE = 2**64


def in_holdout(texts: pl.Series, share: float, seed: int) -> pl.Series:
    """Say for each text whether it belongs to the hold-out.

    A text does when the first 8 bytes of sha256("<seed>/<text>"), as a fraction of 2^64, are below `share`. Equal texts fall on the
    same side, wherever they stand and whatever else is in the mix.

    Args:
        texts: normalised texts.
        share: expected share of the texts, 0..1.
    """
    first = np.frombuffer(b"".join(digests(texts, f"{seed}/").to_list()), ">u8")[::2]
    return pl.Series("holdout", first < np.uint64(share * SCALE), pl.Boolean)
