"""What can be counted over all rows: labels and lengths. And languages, over a sample."""

import math
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import polars as pl

from tasks.manifests.profile import Lengths
from tasks.profile.between import total_variation
from tasks.profile.topics import evenness
from tasks.rows.layout import RowFile, scanned

SHORTEST = 20
"""Characters below which a language is not guessed: `el gato` is too little to tell."""


def label_counts(files: Sequence[RowFile]) -> dict[str, int]:
    """Count the rows of each label, by name; empty if rows have none."""
    counted = (
        scanned(files)
        .filter(pl.col("label").is_not_null())
        .group_by("label")
        .len()
        .collect(engine="streaming")
        .sort("label")
    )
    return dict(counted.iter_rows())


def label_balance(counts: Mapping[str, int]) -> float:
    """Evenness of the labels, H / ln C, in [0, 1]: 1 = all labels equally often; NaN for fewer than two labels."""
    return evenness(np.array(list(counts.values()), float))


def label_imbalance(counts: Mapping[str, int]) -> float:
    """Rows of the most frequent label / of the rarest, >= 1; NaN without labels, infinite if a label has none."""
    if not counts:
        return math.nan
    return max(counts.values()) / min(counts.values()) if min(counts.values()) else math.inf


def label_distance(counts: Mapping[str, int], others: Mapping[str, int]) -> float:
    """Total variation distance of two distributions of labels, in [0, 1]."""
    names = sorted({*counts, *others})
    return total_variation(*(np.array([labels.get(name, 0) for name in names], float) for labels in (counts, others)))


def lengths(rows: pl.LazyFrame, length: pl.Expr) -> Lengths:
    """Describe the lengths of all texts.

    Args:
        length: of a row, a whole number, such as its tokens.
    """
    sizes = rows.select(length.cast(pl.Int64)).collect(engine="streaming").to_series()
    p5, median, p95 = (sizes.quantile(q, "lower") for q in (0.05, 0.5, 0.95))
    bits = 64 - sizes.bitwise_leading_zeros().cast(pl.Int64)
    counted = dict(bits.value_counts().iter_rows())
    bins = range(max(counted, default=-1) + 1)
    return Lengths(
        mean=cast("float | None", sizes.mean()),
        p5=p5,
        median=median,
        p95=p95,
        edges=[0, *(1 << number for number in bins)],
        counts=[counted.get(number, 0) for number in bins],
    )


def languages(texts: pl.Series) -> dict[str, float]:
    """Share of the texts in each language (ISO 639-1, by py3langid), the most frequent first; `short` = under 20
    characters.
    """
    from py3langid.langid import classify

    long = texts.filter(texts.str.len_chars() >= SHORTEST)
    codes = ["short"] * (len(texts) - len(long)) + [classify(text)[0] for text in long]
    counted = pl.Series(codes, dtype=pl.String).value_counts().rows()
    return {code: count / len(texts) for code, count in sorted(counted, key=lambda pair: (-pair[1], pair[0]))}
