"""What the models of trials answered to the rows kept aside, as arrays. Predictions in, numbers out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tasks.core.errors import CuveeError
from tasks.core.imports import importing
from tasks.models.linear import numbered
from tasks.statistics.bootstrap import Rows
from tasks.text.hashing import Floats, Ints

FEWEST = 10
"""A source with fewer hold-out rows does not count in a mean over sources: chance would decide it."""


@dataclass(frozen=True)
class Kept:
    """The rows kept aside, the same for every trial.

    Attributes:
        ids: of the rows, shape (n,).
        sources: name of the source of every row.
        tokens: of every row, where models say how likely a text is; None for classifiers.
        truth: class number of every row; None for language models.
        labels: names of the classes.
    """

    ids: pl.Series
    sources: pl.Series
    tokens: Floats | None
    truth: Ints | None
    labels: tuple[str, ...]

    @property
    def weights(self) -> Floats:
        """What a row counts: 1, or its tokens."""
        return np.ones(len(self.ids)) if self.tokens is None else self.tokens

    def rows_of(self, source: str) -> Ints:
        """Give the numbers of a source's rows."""
        return np.flatnonzero((self.sources == source).to_numpy())

    def judged(self, target: str | None) -> Rows:
        """Give the rows that are judged on: the target's, or those of every source that has enough; all where none
        has.
        """
        names = [target] if target else self.sources.unique(maintain_order=True).to_list()
        groups = {name: self.rows_of(name) for name in names}
        enough = [rows for rows in groups.values() if len(rows) >= FEWEST]
        return Rows(tuple(enough or [rows for rows in groups.values() if len(rows)]), self.weights)


@dataclass(frozen=True)
class Answers:
    """What the trials of one mix answered.

    Attributes:
        amounts: what a score is the mean of, more is better: 1 where the answer is right, or minus the loss in nats;
            shape (S, n).
        losses: nats, shape (S, n).
        predicted: class numbers, shape (S, n); None for language models.
    """

    amounts: Floats
    losses: Floats
    predicted: Ints | None

    def of_seeds(self, count: int) -> "Answers":
        """Keep the first seeds."""
        return Answers(
            self.amounts[:count], self.losses[:count], None if self.predicted is None else self.predicted[:count]
        )


def kept_rows(file: Path, labels: Sequence[str]) -> Kept:
    """Read which rows were asked about, from the predictions of any trial."""
    table = pl.read_parquet(file)
    if "tokens" in table.columns:
        return Kept(table["row_id"], table["source"], table["tokens"].to_numpy().astype(float), None, ())
    return Kept(table["row_id"], table["source"], None, numbered(table["label"], labels), tuple(labels))


def read_answers(files: Sequence[Path], kept: Kept) -> Answers:
    """Read the predictions of a mix's trials, a file a seed.

    Raises:
        CuveeError: a trial was asked about other rows, or gives a loss that is no number.
    """
    tables = [pl.read_parquet(file) for file in files]
    for file, table in zip(files, tables, strict=True):
        if not table["row_id"].equals(kept.ids) or not table["source"].equals(kept.sources):
            raise CuveeError(
                f"{file}: this trial was asked about other rows than the first one; compare trials of one pool"
            )
    losses = np.stack([table["loss"].to_numpy().astype(float) for table in tables])
    if not np.isfinite(losses).all():
        raise CuveeError("a trial gives losses that are no numbers")
    if kept.truth is None:
        return Answers(-losses, losses, None)
    predicted = np.stack([numbered(table["predicted"], kept.labels) for table in tables])
    return Answers((predicted == kept.truth).astype(float), losses, predicted)


def commonest(kept: Kept, counts: Mapping[str, int], guessed: float | None) -> Answers | None:
    """Answer without having learned: always the commonest label of the training rows, or every token as surprising as
    guessing.

    Args:
        counts: label -> training rows.
        guessed: perplexity of guessing tokens by their frequency; None where it is not known, and then there is no
            answer.
    """
    if kept.truth is None:
        if guessed is None or kept.tokens is None:
            return None
        losses = (kept.tokens * np.log(guessed))[None]
        return Answers(-losses, losses, None)
    label = kept.labels.index(max(counts, key=lambda one: counts[one]))
    predicted = np.full((1, len(kept.ids)), label)
    losses = np.full((1, len(kept.ids)), np.log(len(kept.labels)))
    return Answers((predicted == kept.truth).astype(float), losses, predicted)


def by_source(answers: Answers, kept: Kept, judged: Rows) -> dict[str, dict[str, Any]]:
    """Score answers on every source's rows, and on `all` that are judged on: means over the seeds."""
    names = kept.sources.unique(maintain_order=True).to_list()
    found = {name: _scored(answers, kept, Rows((kept.rows_of(name),), judged.weights)) for name in names}
    return found | {"all": _scored(answers, kept, judged)}


def _scored(answers: Answers, kept: Kept, rows: Rows) -> dict[str, Any]:
    loss = float(np.mean(rows.scores(answers.losses)))
    found: dict[str, Any] = {"score": float(np.mean(rows.scores(answers.amounts))), "loss": loss, "rows": rows.count}
    if answers.predicted is not None and kept.truth is not None:
        found["macro_f1"] = float(
            np.mean([[_macro_f1(kept.truth[group], one[group]) for group in rows.groups] for one in answers.predicted])
        )
    return found


def _macro_f1(truth: Ints, predicted: Ints) -> float:
    """Give the mean F1 over the classes that occur on either side."""
    with importing:
        from sklearn.metrics import f1_score

    return float(f1_score(truth, predicted, average="macro", zero_division=0.0))  # pyright: ignore[reportArgumentType]
