"""An encoder-decoder, measured by what it writes and by how likely it finds what was to be written, against copying the
input.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tasks.core.errors import TrainingFailed
from tasks.manifests.scores import Metrics
from tasks.models.encoder_decoder import answers, encode_targets, load
from tasks.objectives.parts import Trained
from tasks.objectives.sequence_to_sequence.overlap import (
    COLUMNS,
    counted_by_source,
    measures,
    signature,
    tokenize_for,
)
from tasks.objectives.unigrams import unigrams
from tasks.statistics.redrawn import Figures, Judged, Look, evaluated, sums_of
from tasks.statistics.resampling import Resampling
from tasks.text.hashing import Floats

WORST = 100.0
"""Nats a token; a model that is worse than this learned nothing that could be reported."""


def score(
    trained: Trained, train: Sequence[Path], holdout: Sequence[Path], settings: Resampling, seed: int
) -> tuple[pl.DataFrame, Metrics]:
    """Let the model write for every hold-out row, and ask it for the loss of the row's target. Rows of one text are
    redrawn together.

    Returns:
        A line a row (row_id, source, loss = −log p(target and its end | text) in nats, tokens that is over, what was
        written), and the metrics.

    Raises:
        TrainingFailed: the losses are no numbers, or beyond any use.
    """
    rows = pl.concat(
        [pl.read_parquet(file, columns=["row_id", "source", "text", "target"]) for file in sorted(holdout)]
    )
    texts, targets, sources = (rows[name].to_list() for name in ("text", "target", "source"))
    ready = load(trained.folder)
    made = answers(ready, texts, targets, trained.max_tokens)
    if not made.loss.sum() / made.tokens.sum() < WORST:
        raise TrainingFailed(
            f"the model's hold-out loss is {made.loss.sum() / made.tokens.sum():.3g} nats a token. Remedy: a smaller "
            "train.learning_rate"
        )

    def encoded(targets: list[str]) -> list[list[int]]:
        return encode_targets(ready.tokenizer, targets, trained.max_tokens).ids

    wanted = encoded(targets)
    mix, by_source = unigrams(train, "target", encoded, len(ready.tokenizer))
    priced = np.array([mix[ids].sum() for ids in wanted])
    own = np.array([by_source.get(name, mix)[ids].sum() for name, ids in zip(sources, wanted, strict=True)])
    words = {str(name): tokenize_for(part["target"].to_list()) for (name,), part in rows.group_by("source")}
    written, copied = (counted_by_source(column, targets, sources, words) for column in (made.written, texts))
    model, mixed, of_source = (
        _figures(overlap, loss, made.tokens)
        for overlap, loss in ((written, made.loss), (copied, priced), (copied, own))
    )
    judged = Judged(model, mixed, of_source, frozenset(by_source))
    groups, look = np.unique(texts, return_inverse=True)[1], Look("bleu", shares=frozenset({"exact_match"}))
    found = evaluated(judged, sources, groups, look, settings, np.random.default_rng(seed))
    table = rows.select(
        "row_id",
        "source",
        loss=pl.Series(made.loss),
        tokens=pl.Series(made.tokens, dtype=pl.Int64),
        written=pl.Series(made.written, dtype=pl.String),
    )
    return table, found.model_copy(update={"signature": "; ".join(map(signature, sorted({*words.values()})))})


def _figures(overlap: Floats, losses: Floats, tokens: Floats) -> Figures:
    """Measure what was written by the sums of the rows' counts."""

    def of(*sums: Floats) -> dict[str, Floats]:
        found, (loss, count, rows) = measures(np.stack(sums[:COLUMNS])), sums[COLUMNS:]
        return found | {"exact_match": found["exact_match"] / rows, "target_perplexity": np.exp(loss / count)}

    return sums_of([*overlap.T, losses, tokens, np.ones(len(losses))], of)
