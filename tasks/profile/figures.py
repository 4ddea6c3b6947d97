"""The whole profile: every source and the mix by the same measures, and every two of them against each other."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
from threadpoolctl import threadpool_limits

from tasks.core.layout import Layout
from tasks.core.rng import generator
from tasks.manifests.manifest import Account
from tasks.manifests.profile import (
    Between,
    Cleaning,
    LabelCounts,
    Measures,
    ProfileFacts,
    SampledRows,
    Samples,
    Topics,
)
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
) -> ProfileFacts:
    """Measure the sources, before and after cleaning, and the mix.

    Args:
        raw: name -> Parquet file of a source's rows as they were read.
        sources: name -> Parquet file of its rows that may be trained on.
        mix: Parquet files of the mix, in order.
        accounts: of the same sources; they tell what cleaning removed.
        seed: draws the samples.
    """
    paths = _subjects(raw, sources, mix, layout)
    texts = {subject: sample_texts(files, SAMPLE_ROWS, generator(seed, *subject)) for subject, files in paths.items()}
    words = number_words(texts)
    size = min(DRAW_WORDS, common_size([len(own.ids) for own in words.values()], FEWEST_WORDS))
    even = {
        subject: draw(own, size if len(own.ids) >= size else 0, generator(seed, "even", *subject))
        for subject, own in words.items()
    }
    with threadpool_limits(1):  # sums are then added in one order, so figures do not depend on the machine's cores
        vendi, in_topics = _vendi_and_topics(texts, seed)
    labels = {subject: counts.label_counts(files) for subject, files in paths.items()}
    cleaned = {(SOURCE, account.source): cleaning(account) for account in accounts}

    def measures(subject: Subject) -> Measures:
        rng, rows = generator(seed, "draws", *subject), pl.scan_parquet([file.path for file in paths[subject]])
        filled = texts[subject].fill_null("")
        return Measures(
            distinct={n: variety.distinct_of_draws(words[subject], n, size, DRAWS, rng) for n in (1, 2, 3)},
            mtld=variety.mtld(even[subject].ids.tolist()),
            quality=flawless(texts[subject]),
            compression_ratio=variety.compression_ratio(filled.to_list(), rng),
            vendi=vendi[subject],
            topics=in_topics[subject],
            labels=_labels(labels[subject], labels[MIX, MIX]),
            characters=counts.lengths(scanned(paths[subject]), pl.col("text").fill_null("").str.len_chars()),
            lengths=None if subject[0] == RAW else counts.lengths(rows, pl.col(TOKENS)),
            languages=counts.languages(filled.head(LANGUAGE_ROWS)),
            cleaning=cleaned.get(subject),
        )

    return ProfileFacts(
        sample=Samples(
            rows=SampledRows(sources={name: len(texts[SOURCE, name]) for name in sources}, mix=len(texts[MIX, MIX])),
            words_per_draw=size,
            draws=DRAWS,
            topic_rows=TOPIC_ROWS,
            language_rows=LANGUAGE_ROWS,
        ),
        raw={name: measures((RAW, name)) for name in raw},
        sources={name: measures((SOURCE, name)) for name in sources},
        mix=measures((MIX, MIX)),
        between=_between({subject: own for subject, own in even.items() if subject[0] != RAW}),
    )


def _subjects(
    raw: Mapping[str, Path], sources: Mapping[str, Path], mix: Sequence[Path], layout: Layout
) -> dict[Subject, list[RowFile]]:
    """Give the files of everything that is measured."""
    paths = {(RAW, name): [path] for name, path in raw.items()}
    paths |= {(SOURCE, name): [path] for name, path in sources.items()} | {(MIX, MIX): [*mix]}
    return {subject: [RowFile(path, layout) for path in files] for subject, files in paths.items()}


def _vendi_and_topics(
    texts: Mapping[Subject, pl.Series], seed: int
) -> tuple[dict[Subject, float], dict[Subject, Topics | None]]:
    """Give the Vendi score and the topics of every subject.

    Topics are those of all sources, each with as many texts; the mix, and what was read, are then seen in them.
    """
    filled = {subject: own.head(TOPIC_ROWS).fill_null("") for subject, own in texts.items()}
    cleaned = [own for (kind, _), own in filled.items() if kind == SOURCE]
    fewest = common_size([len(own) for own in cleaned], FEWEST_TEXTS)
    everything = pl.concat([pl.Series([], dtype=pl.String), *(own.head(fewest) for own in cleaned)])
    space = topics.fit(everything, int(generator(seed, "topics").integers(2**31)))
    if space is None:
        return dict.fromkeys(texts, math.nan), dict.fromkeys(texts)
    vectors = {subject: topics.embed(own, space) for subject, own in filled.items()}
    equal = common_size([len(own) for own in vectors.values()], FEWEST_TEXTS)
    scores = {subject: vendi_dual(own[:equal]) if len(own) >= equal else math.nan for subject, own in vectors.items()}
    return scores, {subject: topics.topics_of(own, space) for subject, own in vectors.items()}


def _labels(own: Mapping[str, int], of_mix: Mapping[str, int]) -> LabelCounts | None:
    if not own:
        return None
    return LabelCounts(
        counts=dict(own),
        balance=counts.label_balance(own),
        imbalance=counts.label_imbalance(own),
        distance_to_mix=counts.label_distance(own, of_mix),
    )


def _between(even: Mapping[Subject, Words]) -> Between:
    samples = list(even.values())
    return Between(
        names=tuple(name for _, name in even),
        js={n: between.js_matrix(samples, n) for n in (1, 2)},
        overlap={3: between.overlap_matrix(samples, 3)},
    )


def common_size(sizes: Sequence[int], fewest: int) -> int:
    """Give the size at which samples are compared: the smallest that is not under `fewest`; if all are, the largest.

    A tiny source then has no figure that depends on the size, rather than taking everyone's.
    """
    return min((size for size in sizes if size >= fewest), default=max(sizes, default=0))


def cleaning(account: Account) -> Cleaning:
    """Say what cleaning made of a source."""
    left = account.dropped | ({"quarantined": account.quarantined} if account.quarantined else {})
    return Cleaning(
        before=account.read,
        after=account.usable,
        left={reason: rows / max(1, account.read) for reason, rows in left.items()},
    )
