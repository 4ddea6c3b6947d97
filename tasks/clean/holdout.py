"""Which rows are kept aside to measure on: chosen by hash of the text, so the same for every mix of the same sources."""

import hashlib

import polars as pl

SCALE = 2**64


def in_holdout(texts: pl.Series, share: float, seed: int) -> pl.Series:
    """Say for each text whether it belongs to the hold-out.

    A text does when the first 8 bytes of sha256(seed, text), as a fraction of 2^64, are below `share`. Equal texts fall on the
    same side, wherever they stand and whatever else is in the mix.
    """
    salt = f"{seed}/".encode()
    limit = int(share * SCALE)
    hits = [int.from_bytes(hashlib.sha256(salt + text.encode()).digest()[:8]) < limit for text in texts]
    return pl.Series("holdout", hits, pl.Boolean)
