"""A language model, measured by how well it predicts texts: perplexity and bits per byte, against a unigram model of
the mix's tokens.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tasks.core.errors import TrainingFailed
from tasks.core.imports import importing
from tasks.core.records import Objective
from tasks.evaluate.perplexity import Losses, evaluated, unigram
from tasks.evaluate.predict import token_losses
from tasks.evaluate.settings import EvaluateSettings
from tasks.text.language import Pieces, cut

BLOCK_ROWS = 10_000
WORST = 100.0
"""Nats a token; a model that is worse than this learned nothing that could be reported."""


def score(
    model: Path,
    train: Sequence[Path],
    holdout: Sequence[Path],
    max_tokens: int,
    objective: Objective,  # noqa: ARG001
    settings: EvaluateSettings,
    seed: int,
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Predict every token of every hold-out row.

    Returns:
        A line a row (row_id, source, loss = −log p(text and its end) in nats, tokens predicted, bytes of the text), and
        the metrics.

    Raises:
        TrainingFailed: the losses are no numbers, or beyond any use.
    """
    with importing:
        from transformers import AutoTokenizer

    rows = pl.concat([pl.read_parquet(file, columns=["row_id", "source", "text"]) for file in sorted(holdout)])
    tokenizer = AutoTokenizer.from_pretrained(model)
    asked = cut(tokenizer, rows["text"].to_list(), max_tokens)
    loss = _by_row(token_losses(model, asked), asked, len(rows))
    predicted = _by_row(np.array([len(piece) - 1 for piece in asked.ids], np.float64), asked, len(rows))
    if not loss.sum() / predicted.sum() < WORST:
        raise TrainingFailed(
            f"the model's hold-out loss is {loss.sum() / predicted.sum():.3g} nats a token. Remedy: a smaller "
            "train.learning_rate"
        )
    counts = sum(
        (_counted(cut(tokenizer, texts, max_tokens), len(tokenizer)) for texts in _blocks(train)),
        np.zeros(len(tokenizer), np.int64),
    )
    price = unigram(counts)
    table = rows.select(
        "row_id",
        "source",
        loss=pl.Series(loss),
        tokens=pl.Series(predicted, dtype=pl.Int64),
        bytes=pl.col("text").str.len_bytes(),
    )
    baseline = _by_row(np.array([price[piece[1:]].sum() for piece in asked.ids]), asked, len(rows))
    losses = Losses(loss, baseline, predicted, table["bytes"].cast(pl.Float64).to_numpy())
    return table, evaluated(losses, table["source"].to_list(), settings, np.random.default_rng(seed))


def _by_row(values: NDArray[np.float64], pieces: Pieces, rows: int) -> NDArray[np.float64]:
    return np.bincount(pieces.row, values, minlength=rows).astype(float)


def _blocks(files: Sequence[Path]) -> Iterator[list[str]]:
    for file in files:
        with pq.ParquetFile(file) as shard:
            for batch in shard.iter_batches(BLOCK_ROWS, columns=["text"]):
                yield batch["text"].to_pylist()


def _counted(pieces: Pieces, vocabulary: int) -> NDArray[np.int64]:
    return np.bincount(np.concatenate([piece[1:] for piece in pieces.ids]), minlength=vocabulary)
