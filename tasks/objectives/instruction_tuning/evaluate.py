"""A model that answers, measured by how likely it finds the answers, against a unigram model of them, and by what it
answers itself to the last question of every chat, against copying the question.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tasks.manifests.scores import Metrics
from tasks.models.causal_lm import Pieces, load, token_losses
from tasks.models.chats import answers, encode
from tasks.models.targets import NOT_PREDICTED
from tasks.objectives.instruction_tuning.columns import layout
from tasks.objectives.parts import Trained
from tasks.objectives.unigrams import refuse_unlearned, unigrams
from tasks.objectives.written import Written, judged
from tasks.rows.layout import matched_text
from tasks.statistics.redrawn import Look
from tasks.statistics.resampling import Resampling


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
    chats = rows["messages"].to_list()
    ready = load(trained.folder)

    def answers_in(chats: list[Any]) -> list[list[int]]:
        return _answers_of(encode(ready.tokenizer, chats, trained.max_tokens).pieces, len(chats))

    pieces = encode(ready.tokenizer, chats, trained.max_tokens).pieces
    wanted = _answers_of(pieces, len(chats))
    tokens = np.array([len(ids) for ids in wanted], np.float64)
    loss = np.bincount(pieces.row, token_losses(ready, pieces), minlength=len(chats)).astype(float)
    refuse_unlearned(loss, tokens)
    questions, right = ([chat[at]["content"] for chat in chats] for at in (-2, -1))
    written = answers(ready, chats, trained.max_tokens)
    made = Written(questions, right, written, rows["asked"].to_list(), loss, tokens, wanted)
    baselines = unigrams(train, "messages", answers_in, len(ready.tokenizer))
    look = Look("answer_perplexity", lower=True, shares=frozenset({"exact_match"}))
    return judged(rows, made, baselines, "answer_perplexity", look, settings, seed)


def _answers_of(pieces: Pieces, chats: int) -> list[list[int]]:
    """Give the tokens of the answers, and their ends, of so many chats."""
    wanted: list[list[int]] = [[] for _ in range(chats)]
    for row, targets in zip(pieces.row.tolist(), pieces.targets, strict=True):
        wanted[row] += [token for token in targets if token != NOT_PREDICTED]
    return wanted
