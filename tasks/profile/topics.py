"""What texts are about, without a model: hashed tf-idf, the strongest directions of it, k-means over these.

Good enough to compare sources and mixes with each other; topics have no names. All numbers come from samples.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tasks.core.imports import importing
from tasks.manifests.profile import Topics
from tasks.text.words import spaced_words

FEATURES = 1 << 15
DIRECTIONS = 64
TOPICS = 20
ROWS_PER_TOPIC = 5
Vectors = np.ndarray[tuple[int, int], np.dtype[np.float64]]


class Space(NamedTuple):
    """What was fitted to the texts.

    Attributes:
        counter: text -> hashed word counts.
        weights: counts -> tf-idf.
        directions: tf-idf -> the strongest directions.
        centres: k-means over these, `topics` clusters.
    """

    counter: Any
    weights: Any
    directions: Any
    centres: Any
    topics: int


def fit(texts: pl.Series, seed: int) -> Space | None:
    """Find directions and topics in some texts; None if they are too few or too alike to speak of topics.

    Words and pairs of words, sublinear counts, hashed to 2^15 columns; tf-idf; truncated SVD to at most 64 directions
    (latent semantic analysis, Deerwester et al. 1990); unit length; k-means with k = 20, less for under 100 texts.
    """
    with importing:
        from sklearn.cluster import KMeans
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    topics = min(TOPICS, len(texts) // ROWS_PER_TOPIC)
    if topics < 2:
        return None
    none: Any = None  # scikit-learn's own stubs know only its defaults' types
    starts: Any = 3
    counter = HashingVectorizer(
        n_features=FEATURES,
        ngram_range=(1, 2),
        alternate_sign=False,
        norm=none,
        lowercase=False,
        tokenizer=str.split,
        token_pattern=None,  # pyright: ignore[reportArgumentType]
    )
    counts: Any = counter.transform(spaced_words(texts).to_list())
    if len(np.unique(counts.indices)) < 2:
        return None
    weights = TfidfTransformer(sublinear_tf=True).fit(counts)
    with np.errstate(
        invalid="ignore", divide="ignore"
    ):  # texts that are all alike explain nothing of nothing, or of a rounding error
        directions = TruncatedSVD(min(DIRECTIONS, len(texts) - 1), n_iter=2, random_state=seed).fit(
            weights.transform(counts)
        )
    space = Space(counter, weights, directions, None, topics)
    vectors = embed(texts, space)
    topics = min(topics, len(np.unique(vectors.round(6), axis=0)))
    if topics < 2:
        return None
    return space._replace(centres=KMeans(topics, n_init=starts, random_state=seed).fit(vectors), topics=topics)


def embed(texts: pl.Series, space: Space) -> Vectors:
    """Give a vector of unit length for each text that has any of the words the space knows; shape (up to texts,
    directions).
    """
    if not len(texts):
        return np.empty((0, space.directions.n_components))
    counts = space.counter.transform(spaced_words(texts).to_list())
    vectors = space.directions.transform(space.weights.transform(counts))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 1e-9, lengths, 1))[lengths[:, 0] > 1e-9]


def shares_of(vectors: Vectors, space: Space) -> np.ndarray:
    """Share of the vectors in each topic, shape (topics,); sums to 1, all 0 for no vector."""
    if not len(vectors):
        return np.zeros(space.topics)
    return np.bincount(space.centres.predict(vectors), minlength=space.topics) / len(vectors)


def evenness(shares: np.ndarray) -> float:
    """Entropy of a distribution / that of the even one, H / ln k, in [0, 1]: 0 = all in one of k, 1 = all k alike; NaN
    for nothing or k = 1.
    """
    positive = shares[shares > 0] / max(shares.sum(), 1e-300)
    return (
        float(-(positive * np.log(positive)).sum() / math.log(len(shares))) + 0.0
        if len(positive) and len(shares) > 1
        else math.nan
    )


def topics_of(vectors: Vectors, space: Space) -> Topics:
    """Say in which topics the vectors of some texts lie."""
    shares = shares_of(vectors, space)
    return Topics(entropy=evenness(shares), coverage=coverage(shares), shares=shares.tolist())


def coverage(shares: np.ndarray) -> float:
    """Share of the topics that have any text, in [0, 1]."""
    return float((shares > 0).mean())
