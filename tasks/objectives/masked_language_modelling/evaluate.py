"""A masked language model, measured by how well it finds covered tokens; against a unigram model of the mix's tokens,
whose answer to all is the commonest.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tasks.manifests.scores import Metrics
from tasks.models.masked_lm import masked
from tasks.models.targets import NOT_PREDICTED
from tasks.objectives.language_modelling.predict import by_row
from tasks.objectives.masked_language_modelling.measures import MEASURED
from tasks.objectives.masked_language_modelling.predict import load, said_of
from tasks.objectives.parts import Trained
from tasks.objectives.unigrams import refuse_unlearned, unigrams
from tasks.statistics.redrawn import Figures, Judged, Look, evaluated, share, sums_of
from tasks.statistics.resampling import Resampling
from tasks.text.hashing import Floats


def score(
    trained: Trained, train: Sequence[Path], holdout: Sequence[Path], settings: Resampling, seed: int
) -> tuple[pl.DataFrame, Metrics]:
    """Ask for the covered tokens of every hold-out row; a text has the same ones covered whichever model is asked, as
    long as its tokens are the same.

    Returns:
        A line a row (row_id, source, loss = −Σ log p(token) over the covered tokens in nats, how many they are, how
        many were found), and the metrics.

    Raises:
        TrainingFailed: the losses are no numbers, or beyond any use.
    """
    rows = pl.concat([pl.read_parquet(file, columns=["row_id", "source", "text"]) for file in sorted(holdout)])
    ready = load(trained.folder)
    asked = masked(ready.tokenizer, rows["text"].to_list(), trained.max_tokens)
    said = said_of(ready, asked, len(rows))
    loss, right, count = (said[name].cast(pl.Float64).to_numpy() for name in ("loss", "found", "tokens"))
    refuse_unlearned(loss, count)
    wanted = [np.array(targets)[np.array(targets) != NOT_PREDICTED] for targets in asked.targets]

    def encoded(texts: list[str]) -> list[list[int]]:
        return ready.tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]

    mix, by_source = unigrams(train, "text", encoded, len(ready.tokenizer))
    sources = rows["source"].to_list()

    def guessed(price_of: Sequence[Floats]) -> Figures:
        told = [(price_of[row], tokens) for row, tokens in zip(asked.row, wanted, strict=True)]
        prices = np.array([price[tokens].sum() for price, tokens in told])
        same = np.array([(tokens == price.argmin()).sum() for price, tokens in told], float)
        return figures(by_row(prices, asked, len(rows)), by_row(same, asked, len(rows)), count)

    judged = Judged(
        model=figures(loss, right, count),
        mix=guessed([mix] * len(rows)),
        own=guessed([by_source.get(source, mix) for source in sources]),
        learned=frozenset(by_source),
    )
    table = pl.concat([rows.select("row_id", "source"), said.select("loss", "tokens", "found")], how="horizontal")
    rng = np.random.default_rng(seed)
    metrics = evaluated(judged, sources, np.arange(len(rows)), Look(MEASURED.main.key, lower=True), settings, rng)
    return table, metrics


def figures(loss: Floats, right: Floats, count: Floats) -> Figures:
    """Measure answers: the perplexity of a covered token, and the share of them that were found."""

    def of(loss: Floats, right: Floats, count: Floats) -> dict[str, Floats]:
        return {"masked_perplexity": np.exp(share(loss, count)), "masked_accuracy": share(right, count)}

    return sums_of([loss, right, count], of)
