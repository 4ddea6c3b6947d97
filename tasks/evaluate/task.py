"""Prefect tasks of the evaluation stage. The work is in the `evaluate.py` of the task's folder."""

from pathlib import Path

import polars as pl

from tasks.core.records import Objective
from tasks.evaluate.scores import scored
from tasks.evaluate.settings import EvaluateSettings
from tasks.evaluate.teacher import beside_teacher, teacher_of
from tasks.experiments.trial.settings import LinearSettings
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.model import ModelFacts
from tasks.manifests.pool import MixFacts
from tasks.manifests.rows import CleanedFacts
from tasks.manifests.scores import ScoresFacts
from tasks.objectives.parts import Trained
from tasks.rows.files import HOLDOUT, TRAIN, open_mix
from tasks.rows.layout import layout_of
from tasks.store.products import Workbench, stage_task
from tasks.train.settings import DistilSettings


@stage_task("evaluate")
def evaluate_model(
    work: Workbench,
    model: Manifest[ModelFacts],
    mix: Manifest[MixFacts],
    settings: EvaluateSettings,
    objective: Objective,
    seed: int,
    linear: LinearSettings | None = None,
) -> Product[ScoresFacts]:
    """Score the model on the hold-out, in total and per source, beside a linear one where the task has such."""
    train, holdout = (open_mix(work, mix, side) for side in (TRAIN, HOLDOUT))
    trained = Trained(_model_folder(work, model), model.facts.max_tokens, objective.labels)
    given = (layout_of(mix), objective, settings, seed, linear)
    predictions, metrics = scored(trained, (train, holdout), *given)
    with work.writing("predictions.parquet") as path:
        predictions.write_parquet(path)
    order = {account.source: place for place, account in enumerate(mix.accounts)}
    by_source = dict(sorted(metrics.by_source.items(), key=lambda scored: order.get(scored[0], len(order))))
    metrics = metrics.model_copy(update={"by_source": by_source})
    return Product(rows=predictions.height, facts=ScoresFacts(metrics=metrics))


@stage_task("evaluate")
def evaluate_with_sets(
    work: Workbench,
    model: Manifest[ModelFacts],
    mix: Manifest[MixFacts],
    sets: list[Manifest[CleanedFacts]],
    settings: EvaluateSettings,
    objective: Objective,
    seed: int,
) -> Product[ScoresFacts]:
    """Score the model of a trial on the hold-out; its predictions are also those of the evaluation sets."""
    train, holdout = (open_mix(work, mix, side) for side in (TRAIN, HOLDOUT))
    trained = Trained(_model_folder(work, model), model.facts.max_tokens, objective.labels)
    asked = [holdout, *([work.open(rows, "data.parquet")] for rows in sets)]
    given = (layout_of(mix), objective, settings, seed, None)
    parts = [scored(trained, (train, files), *given) for files in asked]
    predictions = pl.concat([table for table, _ in parts])
    with work.writing("predictions.parquet") as path:
        predictions.write_parquet(path)
    return Product(rows=predictions.height, facts=ScoresFacts(metrics=parts[0][1]))


@stage_task("evaluate")
def evaluate_set(
    work: Workbench,
    model: Manifest[ModelFacts],
    mix: Manifest[MixFacts],
    rows: Manifest[CleanedFacts],
    settings: EvaluateSettings,
    objective: Objective,
    seed: int,
    linear: LinearSettings | None = None,
) -> Product[ScoresFacts]:
    """Score the model on an evaluation set, beside a linear one where the task has such."""
    sides = open_mix(work, mix, TRAIN), [work.open(rows, "data.parquet")]
    trained = Trained(_model_folder(work, model), model.facts.max_tokens, objective.labels)
    predictions, metrics = scored(trained, sides, layout_of(mix), objective, settings, seed, linear)
    with work.writing("predictions.parquet") as path:
        predictions.write_parquet(path)
    return Product(rows=predictions.height, facts=ScoresFacts(metrics=metrics))


@stage_task("evaluate")
def evaluate_teacher(
    work: Workbench,
    scores: Manifest[ScoresFacts],
    mix: Manifest[MixFacts],
    distil: DistilSettings,
    settings: EvaluateSettings,
    objective: Objective,
    seed: int,
    base: str,
) -> Product[ScoresFacts]:
    """Score the model's teacher on the hold-out, and put it beside the model, whose scores hang on the teacher, too."""
    sides = open_mix(work, mix, TRAIN), open_mix(work, mix, HOLDOUT)
    trained = teacher_of(distil, objective, base)
    answers = scored(trained, sides, layout_of(mix), objective, settings, seed, None)
    student = pl.read_parquet(work.open(scores, "predictions.parquet"))
    metrics = beside_teacher(scores.facts.metrics, student, answers, objective.labels, settings, seed)
    with work.writing("predictions.parquet") as path:
        answers[0].write_parquet(path)
    return Product(rows=scores.rows, facts=ScoresFacts(metrics=metrics))


def _model_folder(work: Workbench, model: Manifest[ModelFacts]) -> Path:
    """Gather the model's files in one folder; those of a remote store are downloaded each to a place of its own."""
    (folder := work.scratch / "model").mkdir(exist_ok=True)
    for file in model.files:
        if file.name.startswith("model/"):
            link = folder / file.name.removeprefix("model/")
            link.unlink(missing_ok=True)
            link.symlink_to(work.open(model, file.name).absolute())
    return folder
