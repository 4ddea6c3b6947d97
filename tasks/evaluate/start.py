"""What the model was before it was trained, asked about the same rows: what was gained, and what was forgotten."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tasks.core.errors import TrainingFailed
from tasks.core.imports import importing
from tasks.core.records import Objective, Section
from tasks.core.rng import generator
from tasks.evaluate.settings import EvaluateSettings
from tasks.manifests.scores import BaselineScore
from tasks.models.pretrained import own_labels
from tasks.objectives.measuring import Measured
from tasks.objectives.parts import Trained, evaluate_of, measures_of
from tasks.objectives.starting import open_start, settle
from tasks.rows.layout import ROW_ID, SOURCE
from tasks.statistics.bootstrap import RowGroups, bca_interval
from tasks.statistics.resampling import Resampling
from tasks.text.hashing import Floats
from tasks.train.settings import TrainSettings


class StartSettings(Section):
    """How a model is scored before it is trained."""

    train: TrainSettings
    """They name it."""
    intervals: EvaluateSettings
    objective: Objective
    seed: int


def start_of(train: TrainSettings, objective: Objective, base: str, folder: Path) -> Trained | str:
    """Write a pretrained model into a folder as its training begins with it; or say why it cannot be asked yet.

    Args:
        train: names the model.
        folder: an empty one.
    """
    with importing:
        from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()  # what is new is said here
    name, revision = str(train.model), train.revision
    labels = objective.labels
    if labels and sorted(own_labels("train.model", name, revision, base)) != sorted(labels):
        return "it knows nothing of these labels, so that what chooses among them begins by chance"
    start = open_start(name, revision, base, objective.task, objective.labels)
    if start.new:
        return f"what gives its answers begins by chance ({', '.join(start.new[:3])})"
    settle(start.model, start.tokenizer, objective.task, train.max_tokens, train.beams)
    for part in (start.model, start.tokenizer):
        part.save_pretrained(folder)
    return Trained(folder, train.max_tokens, labels)


def before(
    start: Trained | str,
    trained: pl.DataFrame,
    sides: tuple[Sequence[Path], Sequence[Path]],
    task: str,
    settings: Resampling,
    seed: int,
) -> BaselineScore:
    """Score a start model, with what the trained one gains over it on the same rows.

    Args:
        trained: the trained model's predictions of these rows.
        sides: files of the mix, and of the rows.
    """
    if isinstance(start, str):
        return BaselineScore(note=start)
    try:
        table, metrics = evaluate_of(task).score(start, *sides, settings, seed)
    except TrainingFailed:
        return BaselineScore(note="it says nothing of use of these rows")
    gains, rows = gained(trained, table, measures_of(task))
    ends = bca_interval(gains, rows, settings.confidence, settings.resamples, generator(seed, "start"))
    low, high = (round(end, 6) for end in ends)
    gain = round(float(rows.scores(gains)), 6)
    return BaselineScore(measures=metrics.measures, gain=gain, gain_interval=(low, high))


def gained(ours: pl.DataFrame, theirs: pl.DataFrame, measured: Measured) -> tuple[Floats, RowGroups]:
    """Give what one model gains over another on every row, and what each counts: of the measure that mixes are compared
    by.

    Args:
        ours, theirs: predictions of the same rows.
    """
    lines = ours.join(theirs, on=[SOURCE, ROW_ID], how="left", maintain_order="left", suffix="_theirs")
    if measured.answers:
        right, answer = (lines[name] for name in measured.answers)
        other = lines[f"{measured.answers[1]}_theirs"]
        gains = ((answer == right).cast(pl.Int8) - (other == right).cast(pl.Int8)).to_numpy().astype(float)
    else:
        gains = (lines["loss_theirs"] - lines["loss"]).to_numpy()
    weights = lines[measured.weighs].to_numpy().astype(float) if measured.weighs else np.ones(lines.height)
    return gains, RowGroups((np.arange(lines.height),), weights)
