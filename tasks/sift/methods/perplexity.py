"""Perplexity: drop the rows whose words surprise a small language model of clean text most (as CCNet: Wenzek et al.
2020, arXiv 1911.00359).

A trigram model of lower-cased words and signs, learned from the clean sources, its orders interpolated with fixed
weights (Jelinek and Mercer 1980): p(w | u v) = 0.6 c(uvw)/c(uv) + 0.25 c(vw)/c(v) + 0.1 c(w)/N + 0.05/V. Counts are
kept by hash in 2^22 cells. Perplexity is exp(-mean log p) over the tokens of a text. Each judged source loses its share
of rows with the highest.

Recipe:
    kind: perplexity
    clean: [papers]
    drop: 0.05
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from tasks.core.errors import RecipeError
from tasks.core.rng import generator
from tasks.manifests.dropped import Figure
from tasks.rows.dropping import Removal
from tasks.rows.layout import RowFile
from tasks.sift.rows import BATCH_ROWS, chosen, judged_rows, removal, sample, trusted, worst
from tasks.sift.settings import SiftSettings, Trusted
from tasks.text.words import words_and_signs

CELLS = np.uint64(2**22)
WEIGHTS = (0.6, 0.25, 0.1, 0.05)
SAMPLE = 200_000
"""Most rows of a clean source that are learned from."""
BEFORE = "\x02"
"""Stands before the first word of a text, twice."""

Ids = NDArray[np.uint64]


class Params(SiftSettings):
    """Settings of the judge."""

    kind: Literal["perplexity"] = "perplexity"
    clean: Trusted = Field(min_length=1)
    """Sources of clean text; they are not judged."""


def words(texts: pl.Series) -> tuple[Ids, NDArray[np.int64]]:
    """Give the hashed words of texts, each text after two marks of its beginning, and how many each text has with
    them.
    """
    listed = pl.DataFrame({"words": words_and_signs(texts)}).select(
        words=pl.concat_list(pl.lit([BEFORE, BEFORE]), pl.col("words"))
    )["words"]
    return listed.explode().hash(seed=0x5EED).to_numpy(), listed.list.len().to_numpy().astype(np.int64)


def cells(ids: Ids) -> list[Ids]:
    """Give the cell of each word, of it with the one before, and of it with the two before."""
    unigram = ids
    bigram = unigram * np.uint64(0x9E3779B97F4A7C15) + np.roll(unigram, 1)
    trigram = bigram * np.uint64(0xC2B2AE3D27D4EB4F) + np.roll(unigram, 2) * np.uint64(0x165667B19E3779F9)
    return [_mixed(key) % CELLS for key in (unigram, bigram, trigram)]


def _mixed(key: Ids) -> Ids:
    key = (key ^ (key >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    return key ^ (key >> np.uint64(29))


class Model:
    """Counts of words, pairs and triples."""

    def __init__(self) -> None:
        self.counts = [np.zeros(int(CELLS)) for _ in range(3)]

    def learn(self, texts: pl.Series) -> None:
        """Count the words of some texts."""
        places_by_order = cells(words(texts)[0])
        self.counts = [
            counts + np.bincount(places, minlength=int(CELLS))
            for counts, places in zip(self.counts, places_by_order, strict=True)
        ]

    def perplexities(self, texts: pl.Series) -> NDArray[np.float64]:
        """Give the perplexity of each text; of one without words infinity."""
        ids, sizes = words(texts)
        unigram, bigram, trigram = [counts[places] for counts, places in zip(self.counts, cells(ids), strict=True)]
        total, kinds = float(self.counts[0].sum()), float(np.count_nonzero(self.counts[0])) + 1
        word_before, pair_before = np.roll(unigram, 1), np.roll(bigram, 1)
        chance = WEIGHTS[0] * trigram / np.maximum(pair_before, 1) + WEIGHTS[1] * bigram / np.maximum(word_before, 1)
        log = np.log(chance + WEIGHTS[2] * unigram / max(total, 1) + WEIGHTS[3] / kinds)
        starts = np.cumsum(sizes) - sizes
        log[starts] = log[starts + 1] = 0
        real = sizes - 2
        return np.where(real > 0, np.exp(-np.add.reduceat(log, starts) / np.maximum(real, 1)), np.inf)


def judge(train: Mapping[str, RowFile], params: Params, seed: int) -> Removal:
    """Judge the rows of the other sources.

    Raises:
        RecipeError: no source is left to judge, or one has no such name.
    """
    if set(params.sources or train) <= set(params.clean):
        raise RecipeError("sift.perplexity: every source is clean, so there is nothing to judge")
    clean = trusted(train, params.clean, "perplexity.clean")
    others = {
        name: path for name, path in chosen(train, params.sources, "perplexity.sources").items() if name not in clean
    }
    if not others:
        return removal(params.kind, [], train, "perplexity", {"clean sources": ", ".join(clean)})
    model, rng = Model(), generator(seed, "perplexity")
    for path in clean.values():
        model.learn(sample(path, SAMPLE, rng)["text"])
    parts: list[pl.DataFrame] = []
    medians: dict[str, dict[str, Figure]] = {}
    for name, path in others.items():
        perplexities = np.concatenate([model.perplexities(batch["text"]) for batch in path.batches(BATCH_ROWS)])
        parts.append(judged_rows(name, worst(perplexities, params.drop), "perplexing", perplexities))
        medians[name] = {"median perplexity": round(float(np.median(perplexities)), 1)}
    return removal(params.kind, parts, train, "perplexity", {"clean sources": ", ".join(clean)}, medians)
