"""The whole profile as plain JSON values: every source and the mix by the same measures, and every two of them against
each other.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from tasks.core.layout import Layout
from tasks.core.rng import generator
from tasks.manifests.manifest import Account
from tasks.profile import between, counts, topics, variety
from tasks.profile.quality import flawless
from tasks.profile.sampling import sample_texts
from tasks.profile.vendi import vendi_dual
from tasks.profile.words import Words, draw, number_words
from tasks.rows.layout import TOKENS, RowFile, scanned

SAMPLE_ROWS = 2_000
"""Texts looked at of every source, and of the mix."""
TOPIC_ROWS = 1_000
"""Texts of each of these samples that topics and the Vendi score are measured on."""
LANGUAGE_ROWS = 500
DRAW_WORDS = 20_000
"""Most words in one draw; all draws have as many words as the smallest sample that has FEWEST_WORDS."""
FEWEST_WORDS = 1_000
FEWEST_TEXTS = 50
DRAWS = 5
MIX = "mix"
Subject = tuple[str, str]
"""(`raw`, name) as it was read, (`source`, name) as it may be mixed, or (`mix`, `mix`): a source may be called mix."""
RAW, SOURCE = "raw", "source"


def profile(
    raw: Mapping[str, Path],
    sources: Mapping[str, Path],
    mix: Sequence[Path],
    accounts: Sequence[Account],
    seed: int,
    layout: Layout,
) -> dict[str, Any]:
    """Measure the sources, before and after cleaning, and the mix.

    Args:
        raw: name -> Parquet file of a source's rows as they were read.
        sources: name -> Parquet file of its rows that may be trained on.
        mix: Parquet files of the mix, in order.
        accounts: of the same sources; they tell what cleaning removed.
        seed: draws the samples.

    Returns:
        sample: rows, words_per_draw, draws, topic_rows, language_rows; raw, sources: name -> measures; mix: measures;
            between: names (sources, then the mix), js (n -> matrix, bits), overlap (n -> matrix). Null is a measure
            that cannot be taken; figures have 4 digits.
    """
    paths = _subjects(raw, sources, mix, layout)
    texts = {subject: sample_texts(files, SAMPLE_ROWS, generator(seed, *subject)) for subject, files in paths.items()}
    words = number_words(texts)
    size = min(DRAW_WORDS, common_size([len(some.ids) for some in words.values()], FEWEST_WORDS))
    even = {
        subject: draw(some, size if len(some.ids) >= size else 0, generator(seed, "even", *subject))
        for subject, some in words.items()
    }
    measured = {
        subject: _variety(texts[subject], words[subject], even[subject], size, generator(seed, "draws", *subject))
        for subject in paths
    }
    with threadpool_limits(1):  # sums are then added in one order, so figures do not depend on the machine's cores
        for subject, told in _topics(texts, seed).items():
            measured[subject] |= told
    labels = {subject: counts.label_counts(files) for subject, files in paths.items()}
    for subject, files in paths.items():
        measured[subject] |= _counted(files, texts[subject], labels[subject], labels[MIX, MIX])
        if subject[0] != RAW:
            rows = pl.scan_parquet([file.path for file in files])
            measured[subject] |= {"lengths": counts.lengths(rows, pl.col(TOKENS))}
    for account in accounts:
        measured[SOURCE, account.source] |= {"cleaning": cleaning(account)}
    sampled = {"sources": {name: len(texts[SOURCE, name]) for name in sources}, "mix": len(texts[MIX, MIX])}
    whole = {
        "sample": {
            "rows": sampled,
            "words_per_draw": size,
            "draws": DRAWS,
            "topic_rows": TOPIC_ROWS,
            "language_rows": LANGUAGE_ROWS,
        },
        "raw": {name: measured[RAW, name] for name in raw},
        "sources": {name: measured[SOURCE, name] for name in sources},
        "mix": measured[MIX, MIX],
        "between": _between({subject: some for subject, some in even.items() if subject[0] != RAW}),
    }
    return told_plainly(whole)


def _subjects(
    raw: Mapping[str, Path], sources: Mapping[str, Path], mix: Sequence[Path], layout: Layout
) -> dict[Subject, list[RowFile]]:
    """Give the files of everything that is measured."""
    given = {(RAW, name): [path] for name, path in raw.items()}
    given |= {(SOURCE, name): [path] for name, path in sources.items()} | {(MIX, MIX): [*mix]}
    return {subject: [RowFile(path, layout) for path in files] for subject, files in given.items()}


def _variety(texts: pl.Series, words: Words, even: Words, size: int, rng: np.random.Generator) -> dict[str, Any]:
    draws = {n: variety.distinct_of_draws(words, n, size, DRAWS, rng) for n in (1, 2, 3)}
    return {
        "distinct": {str(n): {"mean": mean, "sd": sd} for n, (mean, sd) in draws.items()},
        "mtld": variety.mtld(even.ids.tolist()),
        "quality": flawless(texts),
        "compression_ratio": variety.compression_ratio(texts.fill_null("").to_list(), rng),
    }


def _topics(texts: Mapping[Subject, pl.Series], seed: int) -> dict[Subject, dict[str, Any]]:
    """Topics are those of all sources, each with as many texts; the mix, and what was read, are then seen in them."""
    filled = {subject: some.head(TOPIC_ROWS).fill_null("") for subject, some in texts.items()}
    cleaned = [some for (kind, _), some in filled.items() if kind == SOURCE]
    fewest = common_size([len(some) for some in cleaned], FEWEST_TEXTS)
    everything = pl.concat([pl.Series([], dtype=pl.String), *(some.head(fewest) for some in cleaned)])
    space = topics.fit(everything, int(generator(seed, "topics").integers(2**31)))
    if space is None:
        return {subject: {"vendi": math.nan, "topics": None} for subject in texts}
    vectors = {subject: topics.embed(some, space) for subject, some in filled.items()}
    equal = common_size([len(some) for some in vectors.values()], FEWEST_TEXTS)
    shares = {subject: topics.shares_of(some, space) for subject, some in vectors.items()}
    return {
        subject: {
            "vendi": vendi_dual(vectors[subject][:equal]) if len(vectors[subject]) >= equal else math.nan,
            "topics": {"entropy": topics.evenness(some), "coverage": topics.coverage(some), "shares": some.tolist()},
        }
        for subject, some in shares.items()
    }


def _counted(
    files: Sequence[RowFile], texts: pl.Series, labels: Mapping[str, int], of_mix: Mapping[str, int]
) -> dict[str, Any]:
    told = {
        "counts": dict(labels),
        "balance": counts.label_balance(labels),
        "imbalance": counts.label_imbalance(labels),
        "distance_to_mix": counts.label_distance(labels, of_mix),
    }
    return {
        "labels": told if labels else None,
        "characters": counts.lengths(scanned(files), pl.col("text").fill_null("").str.len_chars()),
        "languages": counts.languages(texts.head(LANGUAGE_ROWS).fill_null("")),
    }


def _between(even: Mapping[Subject, Words]) -> dict[str, Any]:
    samples = list(even.values())
    return {
        "names": [name for _, name in even],
        "js": {str(n): between.js_matrix(samples, n) for n in (1, 2)},
        "overlap": {"3": between.overlap_matrix(samples, 3)},
    }


def common_size(sizes: Sequence[int], fewest: int) -> int:
    """Give the size at which samples are compared: the smallest that is not under `fewest`; if all are, the largest.

    A tiny source then has no figure that depends on the size, rather than taking everyone's.
    """
    return min((size for size in sizes if size >= fewest), default=max(sizes, default=0))


def cleaning(account: Account) -> dict[str, Any]:
    """What cleaning made of a source: rows before and after, what left as a share of the rows read, by reason."""
    read = max(1, account.read)
    left = account.dropped | ({"quarantined": account.quarantined} if account.quarantined else {})
    return {
        "before": account.read,
        "after": account.rows + account.holdout,
        "left": {reason: rows / read for reason, rows in left.items()},
    }


def told_plainly(value: Any) -> Any:
    """Make JSON of figures: 4 digits after the point, null for what is not a number."""
    if isinstance(value, dict):
        return {str(name): told_plainly(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [told_plainly(inner) for inner in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), 4) if math.isfinite(value) else None
    return value
