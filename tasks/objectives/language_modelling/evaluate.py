"""A language model, measured by how well it predicts texts: perplexity and bits per byte, against a unigram model of
the mix's tokens.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tasks.manifests.scores import Metrics
from tasks.models.causal_lm import cut
from tasks.objectives.language_modelling.predict import by_row, load, said_of
from tasks.objectives.parts import Trained
from tasks.objectives.unigrams import refuse_unlearned, unigrams
from tasks.statistics.perplexity import Losses, evaluated
from tasks.statistics.resampling import Resampling


def score(
    trained: Trained, train: Sequence[Path], holdout: Sequence[Path], settings: Resampling, seed: int
) -> tuple[pl.DataFrame, Metrics]:
    """Predict every token of every hold-out row.

    Returns:
        A line a row (row_id, source, loss = −log p(text and its end) in nats, tokens predicted, bytes of the text), and
        the metrics.

    Raises:
        TrainingFailed: the losses are no numbers, or beyond any use.
    """
    rows = pl.concat([pl.read_parquet(file, columns=["row_id", "source", "text"]) for file in sorted(holdout)])
    ready = load(trained.folder)
    tokenizer = ready.tokenizer
    asked = cut(tokenizer, rows["text"].to_list(), trained.max_tokens)
    said = said_of(ready, asked, len(rows))
    loss, predicted = said["loss"].to_numpy(), said["tokens"].cast(pl.Float64).to_numpy()
    refuse_unlearned(loss, predicted)

    def predicted_in(texts: list[str]) -> list[list[int]]:
        return [piece[1:] for piece in cut(tokenizer, texts, trained.max_tokens).ids]

    price, own = unigrams(train, "text", predicted_in, len(tokenizer))
    table = rows.select(
        "row_id",
        "source",
        loss=pl.Series(loss),
        tokens=pl.Series(predicted, dtype=pl.Int64),
        bytes=pl.col("text").str.len_bytes(),
    )
    baseline = by_row(np.array([price[piece[1:]].sum() for piece in asked.ids]), asked, len(rows))
    losses = Losses(loss, baseline, predicted, table["bytes"].cast(pl.Float64).to_numpy())
    sources = table["source"].to_list()
    unknown = np.full(len(tokenizer), np.nan)
    own_losses = [
        own.get(sources[row], unknown)[piece[1:]].sum() for row, piece in zip(asked.row, asked.ids, strict=True)
    ]
    own_baseline = by_row(np.array(own_losses), asked, len(rows))
    return table, evaluated(losses, sources, settings, np.random.default_rng(seed), own_baseline)
