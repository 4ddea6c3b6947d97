"""The teacher: a linear classifier that has learned from the rows with labels, and says how sure it is of others; or a
published model, which has said so already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.core.errors import QualityGate
from tasks.core.rng import generator
from tasks.manifests.labelled import Teacher
from tasks.models.features import BLOCK_ROWS, hashed_texts, stacked
from tasks.models.linear import LinearClassifier, log_softmax, numbered
from tasks.models.linear_training import Training, train_linear
from tasks.rows.layout import ROW_ID, RowFile
from tasks.text.hashing import Floats, Ints

UNSEEN, FEWEST = 0.1, 20
"""Share of the rows that the teacher is measured on before it learns from all; and rows that this takes."""


class Answers(Protocol):
    """Labels for texts."""

    def asked(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give the likeliest `label` of each row, and its probability, `confidence`.

        Args:
            rows: `row_id` and `text`.
        """
        ...

    def measured_at(self, confidence: float) -> Teacher:
        """Say how good it is where it labels what it is so sure of."""
        ...


@dataclass(frozen=True)
class LinearTeacher:
    """A teacher that has learned.

    Attributes:
        rows: that it learned from.
        chances: of its labels on rows that it had not learned from when it was measured, shape (rows, labels).
        truth: numbers of their labels, shape (rows,).
    """

    classifier: LinearClassifier
    labels: Sequence[str]
    rows: int
    chances: Floats
    truth: Ints

    def asked(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give the likeliest `label` of each row, and its probability, `confidence`."""
        chances = np.exp(log_softmax(self.classifier.logits(hashed_texts(rows["text"]))))
        names = pl.Series("label", [self.labels[number] for number in chances.argmax(1)], pl.String)
        return pl.DataFrame([names, pl.Series("confidence", chances.max(1), pl.Float64)])

    def measured_at(self, confidence: float) -> Teacher:
        """Say how good it is where it labels what it is so sure of."""
        right, sure = self.chances.argmax(1) == self.truth, self.chances.max(1) >= confidence
        return measured(right, sure, confidence, self.rows)


@dataclass(frozen=True)
class AskedModel:
    """A published model that has been asked already.

    Attributes:
        answers: `row_id`, `label` and `confidence` of rows.
        teacher: how good it is.
    """

    answers: pl.DataFrame
    teacher: Teacher

    def asked(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give the likeliest `label` of each row, and its probability, `confidence`; null of rows that it was not asked
        about.
        """
        found = rows.select(ROW_ID).join(self.answers, on=ROW_ID, how="left", maintain_order="left")
        return found.select("label", "confidence")

    def measured_at(self, confidence: float) -> Teacher:
        """Say how good it is where it labels what it is so sure of."""
        return self.teacher.model_copy(update={"confidence": confidence})


def measured(
    right: NDArray[np.bool_], sure: NDArray[np.bool_], confidence: float, rows: int, model: str = ""
) -> Teacher:
    """Put together how good a teacher is.

    Args:
        right, sure: whether it is, of each row that it is measured on.
        confidence: least probability of a label that it gives.
        rows: that it learned from here.
        model: where it lies.
    """
    return Teacher(
        model=model,
        confidence=confidence,
        rows=rows,
        unseen=len(right),
        right=_share(right),
        sure=_share(sure),
        right_where_sure=_share(right[sure]),
    )


def _share(true: NDArray[np.bool_]) -> float | None:
    return round(float(true.mean()), 4) if len(true) else None


def taught(files: Sequence[RowFile], labels: Sequence[str], settings: Training, seed: int) -> LinearTeacher:
    """Let a teacher learn from the rows of some files, each with its label.

    It is measured by learning from nine tenths of the rows and answering for the others; then it learns from all.

    Raises:
        QualityGate: there are no rows, or all bear one label.
    """
    blocks = [rows for file in files for rows in file.batches(BLOCK_ROWS)]
    truth = numbered(pl.concat([rows["label"] for rows in blocks]), labels) if blocks else np.empty(0, np.int64)
    if len(there := np.unique(truth)) < 2:
        found = f"all bear the label {labels[there[0]]!r}" if len(there) else "none is left"
        raise QualityGate(
            "label_by: a teacher learns from the training rows of the sources with labels, and of their "
            f"{len(truth):,} {found}; it needs two labels. Add rows, or label by rules (label_rules)"
        )
    features = stacked([hashed_texts(rows["text"]) for rows in blocks])
    unseen = np.zeros(len(truth), np.bool_)
    if len(truth) >= FEWEST:
        unseen[generator(seed, "teacher", "unseen").permutation(len(truth))[: int(UNSEEN * len(truth))]] = True
    seen, asked = np.flatnonzero(~unseen), np.flatnonzero(unseen)
    measured = train_linear(features[seen], truth[seen], len(labels), settings, generator(seed, "teacher", "measured"))
    chances = np.exp(log_softmax(measured.logits(features[asked])))
    classifier = train_linear(features, truth, len(labels), settings, generator(seed, "teacher"))
    return LinearTeacher(classifier, labels, len(truth), chances, truth[asked])
