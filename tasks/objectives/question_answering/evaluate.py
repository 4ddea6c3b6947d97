"""A reader, measured by the answers that it finds: F1, exact match, and how likely it finds the right one; against
giving the first sentence.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tasks.core.errors import TrainingFailed
from tasks.manifests.scores import Metrics
from tasks.models.reader import answered, load
from tasks.objectives.parts import Trained
from tasks.objectives.question_answering.agreement import best, is_english, words
from tasks.objectives.question_answering.baseline import first_sentence
from tasks.objectives.question_answering.measures import MEASURED
from tasks.statistics.redrawn import Figures, Judged, Look, evaluated, sums_of
from tasks.statistics.resampling import Resampling
from tasks.text.hashing import Floats


def score(
    trained: Trained,
    train: Sequence[Path],  # noqa: ARG001 (the baseline learns nothing)
    holdout: Sequence[Path],
    settings: Resampling,
    seed: int,
) -> tuple[pl.DataFrame, Metrics]:
    """Answer every hold-out question. Questions on one context are redrawn together.

    Returns:
        Predictions (row_id, source, predicted, exact_match, answer_f1, loss = −log p(start) − log p(end) of the first
        right answer in nats), and the metrics.

    Raises:
        TrainingFailed: the model gives no numbers.
    """
    columns = ["row_id", "source", "question", "context", "answers"]
    rows = pl.concat([pl.read_parquet(file, columns=columns) for file in sorted(holdout)])
    found = answered(load(trained.folder), rows, trained.max_tokens)
    if not np.isfinite(found.loss).all():
        raise TrainingFailed("the model gives no numbers. Remedy: a smaller train.learning_rate")
    english = {str(name): is_english(part["context"]) for (name,), part in rows.group_by("source")}
    first = [first_sentence(context) for context in rows["context"]]
    model, constant = (agreements(rows, answers, english) for answers in (found.answers, first))
    guessed = figures(constant, found.uniform)
    judged = Judged(figures(model, found.loss), mix=guessed, own=guessed, learned=frozenset())
    groups = np.unique(rows["context"].to_list(), return_inverse=True)[1]
    look, rng = Look(MEASURED.main.key, shares=frozenset({"exact_match"})), np.random.default_rng(seed)
    metrics = evaluated(judged, rows["source"].to_list(), groups, look, settings, rng)
    table = rows.select(
        "row_id",
        "source",
        predicted=pl.Series(found.answers, dtype=pl.String),
        exact_match=pl.Series(model[0]),
        answer_f1=pl.Series(model[1]),
        loss=pl.Series(found.loss),
    )
    return table, metrics


def agreements(rows: pl.DataFrame, answers: Sequence[str], english: Mapping[str, bool]) -> Floats:
    """Give exact match and F1 of every row's answer, shape (2, rows)."""
    right = rows["answers"].struct.field("text").to_list()
    scores: list[tuple[float, float]] = []
    for source, answer, wanted in zip(rows["source"].to_list(), answers, right, strict=True):
        given, *those = words([answer, *wanted], english=english[source])
        scores.append(best(given, those))
    return np.array(scores, float).reshape(-1, 2).T


def figures(scores: Floats, loss: Floats) -> Figures:
    """Measure answers: means over the questions, and e to the mean loss."""

    def of(exact: Floats, f1: Floats, loss: Floats, rows: Floats) -> dict[str, Floats]:
        return {"answer_f1": f1 / rows, "exact_match": exact / rows, "span_perplexity": np.exp(loss / rows)}

    return sums_of([*scores, loss, np.ones(len(loss))], of)
