"""The scores of a model on rows that were kept from its training, whichever they are."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from tasks.core.layout import Layout
from tasks.core.records import Objective
from tasks.evaluate.linear import beside_linear
from tasks.evaluate.programs import run_programs
from tasks.evaluate.settings import EvaluateSettings
from tasks.experiments.trial.settings import LinearSettings
from tasks.manifests.scores import Metrics
from tasks.objectives.parts import Trained, evaluate_of, has_trial
from tasks.rows.layout import RowFile


def scored(
    trained: Trained,
    sides: tuple[Sequence[Path], Sequence[Path]],
    layout: Layout,
    objective: Objective,
    settings: EvaluateSettings,
    seed: int,
    linear: LinearSettings | None,
) -> tuple[pl.DataFrame, Metrics]:
    """Score a model, in total and per source, beside a linear one where the task has such.

    Args:
        sides: files of the mix that it learned from, and of the rows that it is asked about.
        layout: of all of these rows.
        linear: how the linear model learns; None for none.
    """
    train, rows = sides
    predictions, metrics = evaluate_of(objective.task).score(trained, train, rows, settings, seed)
    if linear is not None and has_trial(objective.task):
        mix = [RowFile(path, layout) for path in train], [RowFile(path, layout) for path in rows]
        known = (objective.task, objective.labels, linear, settings, seed)
        metrics = beside_linear(metrics, predictions, mix, *known)
    if settings.run_code is not None:
        written, programs = run_programs(trained, rows, layout, objective.task, settings, seed)
        predictions = predictions.join(written, on=["source", "row_id"], how="left", maintain_order="left")
        metrics = metrics.model_copy(update={"programs": programs})
    return predictions, metrics
