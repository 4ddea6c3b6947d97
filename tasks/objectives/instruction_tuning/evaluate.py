"""A model that answers, measured by how likely it finds the answers, against a unigram model of them, and by what it
answers itself to the last question of every chat, against copying the question.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tasks.core.errors import TrainingFailed
from tasks.manifests.scores import Metrics
from tasks.models.causal_lm import Pieces, load, token_losses
from tasks.models.chats import Chat, answers, encode
from tasks.models.targets import NOT_PREDICTED
from tasks.objectives.instruction_tuning.columns import layout
from tasks.objectives.parts import Trained
from tasks.objectives.sequence_to_sequence.overlap import (
    COLUMNS,
    counted_by_source,
    measures,
    signature,
    tokenize_for,
)
from tasks.objectives.unigrams import unigrams
from tasks.rows.layout import matched_text
from tasks.statistics.redrawn import Figures, Judged, Look, evaluated, sums_of
from tasks.statistics.resampling import Resampling
from tasks.text.hashing import Floats

WORST = 100.0
"""Nats a token; a model that is worse than this learned nothing that could be reported."""


def score(
    trained: Trained, train: Sequence[Path], holdout: Sequence[Path], settings: Resampling, seed: int
) -> tuple[pl.DataFrame, Metrics]:
    """Ask the model for the loss of all answers of every hold-out row, and let it write the last one. Rows that begin
    with one question are redrawn together.

    Returns:
        A line a row (row_id, source, loss = −Σ log p(token of an answer, or its end) in nats, tokens that is over, what
        was written), and the metrics.

    Raises:
        TrainingFailed: the losses are no numbers, or beyond any use.
    """
    asked = matched_text(layout(()), "messages").alias("asked")
    columns = ["row_id", "source", "messages"]
    rows = pl.concat([pl.read_parquet(file, columns=columns) for file in sorted(holdout)]).with_columns(asked)
    chats, sources = rows["messages"].to_list(), rows["source"].to_list()
    ready = load(trained.folder)

    def answers_in(chats: list[Any]) -> list[list[int]]:
        return _answers_of(encode(ready.tokenizer, chats, trained.max_tokens).pieces, len(chats))

    pieces = encode(ready.tokenizer, chats, trained.max_tokens).pieces
    wanted = _answers_of(pieces, len(chats))
    tokens = np.array([len(ids) for ids in wanted], np.float64)
    loss = np.bincount(pieces.row, token_losses(ready, pieces), minlength=len(chats)).astype(float)
    if not loss.sum() / tokens.sum() < WORST:
        raise TrainingFailed(
            f"the model's hold-out loss is {loss.sum() / tokens.sum():.3g} nats a token. Remedy: a smaller "
            "train.learning_rate"
        )
    written = answers(ready, chats, trained.max_tokens)
    mix, by_source = unigrams(train, "messages", answers_in, len(ready.tokenizer))
    priced = np.array([mix[ids].sum() for ids in wanted])
    own = np.array([by_source.get(name, mix)[ids].sum() for name, ids in zip(sources, wanted, strict=True)])
    words, answered, copied = _overlaps(chats, sources, written)
    model, mixed, of_source = (
        _figures(overlap, losses, tokens) for overlap, losses in ((answered, loss), (copied, priced), (copied, own))
    )
    judged = Judged(model, mixed, of_source, frozenset(by_source))
    groups = np.unique(rows["asked"].to_list(), return_inverse=True)[1]
    look = Look("answer_perplexity", lower=True, shares=frozenset({"exact_match"}))
    found = evaluated(judged, sources, groups, look, settings, np.random.default_rng(seed))
    table = rows.select(
        "row_id",
        "source",
        loss=pl.Series(loss),
        tokens=pl.Series(tokens, dtype=pl.Int64),
        written=pl.Series(written, dtype=pl.String),
    )
    return table, found.model_copy(update={"signature": "; ".join(map(signature, sorted({*words.values()})))})


def _answers_of(pieces: Pieces, chats: int) -> list[list[int]]:
    """Give the tokens of the answers, and their ends, of so many chats."""
    wanted: list[list[int]] = [[] for _ in range(chats)]
    for row, targets in zip(pieces.row.tolist(), pieces.targets, strict=True):
        wanted[row] += [token for token in targets if token != NOT_PREDICTED]
    return wanted


def _overlaps(
    chats: Sequence[Chat], sources: Sequence[str], written: Sequence[str]
) -> tuple[dict[str, str], Floats, Floats]:
    """Say how words are found in the answers of each source, and count of every row the overlap of the last answer with
    what was written, and with the question.
    """
    asked, right = ([chat[at]["content"] for chat in chats] for at in (-2, -1))
    held = pl.DataFrame({"source": sources, "right": right})
    words = {str(name): tokenize_for(part["right"].to_list()) for (name,), part in held.group_by("source")}
    answered, copied = (counted_by_source(made, right, sources, words) for made in (written, asked))
    return words, answered, copied


def _figures(overlap: Floats, losses: Floats, tokens: Floats) -> Figures:
    """Measure what was answered by the sums of the rows' counts."""

    def of(*sums: Floats) -> dict[str, Floats]:
        found, (loss, count, rows) = measures(np.stack(sums[:COLUMNS])), sums[COLUMNS:]
        return {"answer_perplexity": np.exp(loss / count)} | found | {"exact_match": found["exact_match"] / rows}

    return sums_of([*overlap.T, losses, tokens, np.ones(len(losses))], of)
