"""What the models of trials predicted for the rows kept aside, as arrays. Files in, numbers out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from tasks.core.errors import CuveeError
from tasks.core.imports import importing
from tasks.experiments.comparison import SourceScore
from tasks.models.linear import numbered
from tasks.objectives.measuring import Measured
from tasks.statistics.bootstrap import RowGroups
from tasks.text.hashing import Floats, Ints

FEWEST = 10
"""A source with fewer hold-out rows does not count in a mean over sources: chance would decide it."""


@dataclass(frozen=True)
class HeldOutRows:
    """The rows kept aside, the same for every trial.

    Attributes:
        ids: of the rows, shape (n,).
        sources: name of the source of every row.
        weights: what each row counts: 1, or its tokens, where models say how likely a text is.
        truth: class number of every row; None where nothing is right or wrong.
        labels: names of the classes.
        sets: those of the sources that are evaluation sets.
    """

    ids: pl.Series
    sources: pl.Series
    weights: Floats
    truth: Ints | None
    labels: tuple[str, ...]
    sets: tuple[str, ...] = ()

    def rows_of(self, source: str) -> Ints:
        """Give the numbers of a source's rows."""
        return np.flatnonzero((self.sources == source).to_numpy())

    def judged(self, target: str | None) -> RowGroups:
        """Give the rows that are judged on: the target's, or those of every source that has enough; all where none
        has. Evaluation sets are judged on only as a target.
        """
        held_out = [name for name in self.sources.unique(maintain_order=True).to_list() if name not in self.sets]
        names = [target] if target else held_out
        groups = {name: self.rows_of(name) for name in names}
        enough = [rows for rows in groups.values() if len(rows) >= FEWEST]
        return RowGroups(tuple(enough or [rows for rows in groups.values() if len(rows)]), self.weights)


@dataclass(frozen=True)
class Predictions:
    """What the models of one mix predicted, a model a seed.

    Attributes:
        amounts: what a score is the mean of, more is better: 1 where the answer is right, or minus the loss in nats;
            shape (S, n).
        losses: nats, shape (S, n).
        predicted: class numbers, shape (S, n); None where nothing is right or wrong.
    """

    amounts: Floats
    losses: Floats
    predicted: Ints | None


def read_held_out(file: Path, measured: Measured, labels: Sequence[str], sets: Sequence[str] = ()) -> HeldOutRows:
    """Read which rows were asked about, from the predictions of any trial."""
    table = pl.read_parquet(file)
    weights = table[measured.weighs].to_numpy().astype(float) if measured.weighs else np.ones(table.height)
    truth = numbered(table[measured.answers[0]], labels) if measured.answers else None
    return HeldOutRows(table["row_id"], table["source"], weights, truth, tuple(labels), tuple(sets))


def read_predictions(files: Sequence[Path], measured: Measured, held_out: HeldOutRows) -> Predictions:
    """Read the predictions of a mix's trials, a file a seed.

    Raises:
        CuveeError: a trial was asked about other rows, or gives a loss that is no number.
    """
    tables = [pl.read_parquet(file) for file in files]
    for file, table in zip(files, tables, strict=True):
        if not table["row_id"].equals(held_out.ids) or not table["source"].equals(held_out.sources):
            raise CuveeError(
                f"{file}: this trial was asked about other rows than the first one; compare trials of one pool"
            )
    losses = np.stack([table["loss"].to_numpy().astype(float) for table in tables])
    if not np.isfinite(losses).all():
        raise CuveeError("a trial gives losses that are no numbers")
    if measured.answers is None:
        return Predictions(-losses, losses, None)
    predicted = np.stack([numbered(table[measured.answers[1]], held_out.labels) for table in tables])
    return Predictions((predicted == held_out.truth).astype(float), losses, predicted)


def baseline_predictions(held_out: HeldOutRows, counts: Mapping[str, int], guessed: float | None) -> Predictions | None:
    """Answer without having learned: always the commonest label of the training rows, or as a model's baseline scores.

    Args:
        counts: label -> training rows.
        guessed: score of the baseline; None where it is not known, and then there is no answer.
    """
    if held_out.truth is None:
        if guessed is None:
            return None
        amounts = (held_out.weights * guessed)[None]
        return Predictions(amounts, -amounts, None)
    label = held_out.labels.index(max(counts, key=lambda name: counts[name]))
    predicted = np.full((1, len(held_out.ids)), label)
    losses = np.full((1, len(held_out.ids)), np.log(len(held_out.labels)))
    return Predictions((predicted == held_out.truth).astype(float), losses, predicted)


def baselines_by_source(held_out: HeldOutRows, counts: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    """Give for every source the better of always answering with the commonest label of its own training rows, or of
    all of them.

    Args:
        counts: source -> label -> training rows.
    """
    total = {label: sum(of_source[label] for of_source in counts.values()) for label in held_out.labels}
    reached: dict[str, float] = {}
    for name in held_out.sources.unique(maintain_order=True).to_list() if counts else ():
        rows = RowGroups((held_out.rows_of(name),), held_out.weights)
        learned = [baseline_predictions(held_out, known, None) for known in (total, counts.get(name, total))]
        reached[name] = max(float(rows.scores(answers.amounts)[0]) for answers in learned if answers)
    return reached


def scores_by_source(predictions: Predictions, held_out: HeldOutRows, judged: RowGroups) -> dict[str, SourceScore]:
    """Score predictions on every source's rows, and on `all` that are judged on: means over the seeds."""
    names = held_out.sources.unique(maintain_order=True).to_list()
    groups = {name: RowGroups((held_out.rows_of(name),), judged.weights) for name in names}
    return {name: _scored(predictions, held_out, rows) for name, rows in (groups | {"all": judged}).items()}


def _scored(predictions: Predictions, held_out: HeldOutRows, rows: RowGroups) -> SourceScore:
    macro_f1 = None
    if predictions.predicted is not None and held_out.truth is not None:
        truth, seeds = held_out.truth, predictions.predicted
        macro_f1 = float(np.mean([[_macro_f1(truth[group], seed[group]) for group in rows.groups] for seed in seeds]))
    return SourceScore(
        score=float(np.mean(rows.scores(predictions.amounts))),
        loss=float(np.mean(rows.scores(predictions.losses))),
        rows=rows.count,
        macro_f1=macro_f1,
    )


def _macro_f1(truth: Ints, predicted: Ints) -> float:
    """Give the mean F1 over the classes that occur on either side."""
    with importing:
        from sklearn.metrics import f1_score

    return float(f1_score(truth, predicted, average="macro", zero_division=0.0))  # pyright: ignore[reportArgumentType]
