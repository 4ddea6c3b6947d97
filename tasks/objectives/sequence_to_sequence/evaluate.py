"""An encoder-decoder, measured by what it writes and by how likely it finds what was to be written, against copying the
input.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from tasks.manifests.scores import Metrics
from tasks.models.encoder_decoder import answers, encode_targets, load
from tasks.objectives.parts import Trained
from tasks.objectives.unigrams import refuse_unlearned, unigrams
from tasks.objectives.written import Written, judged
from tasks.statistics.redrawn import Look
from tasks.statistics.resampling import Resampling


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
    texts, targets = rows["text"].to_list(), rows["target"].to_list()
    ready = load(trained.folder)
    made = answers(ready, texts, targets, trained.max_tokens)
    refuse_unlearned(made.loss, made.tokens)

    def encoded(targets: list[str]) -> list[list[int]]:
        return encode_targets(ready.tokenizer, targets, trained.max_tokens).ids

    given = Written(texts, targets, made.written, texts, made.loss, made.tokens, encoded(targets))
    baselines = unigrams(train, "target", encoded, len(ready.tokenizer))
    look = Look("bleu", shares=frozenset({"exact_match"}))
    return judged(rows, given, baselines, "target_perplexity", look, settings, seed)
