"""Prefect tasks of the evaluation stage. The work is in the `evaluate.py` of the task's folder."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from tasks.core.records import Objective
from tasks.evaluate.scores import scored
from tasks.evaluate.settings import EvaluateSettings
from tasks.evaluate.start import StartSettings, before, start_of
from tasks.evaluate.teacher import beside_teacher, teacher_of
from tasks.experiments.trial.settings import LinearSettings
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.model import ModelFacts
from tasks.manifests.pool import MixFacts
from tasks.manifests.rows import CleanedFacts
from tasks.manifests.scores import BaselineScore, Metrics, ScoresFacts, StartFacts
from tasks.manifests.seen import Fingerprint
from tasks.objectives.parts import Trained
from tasks.rows.files import HOLDOUT, TRAIN, open_mix
from tasks.rows.layout import layout_of
from tasks.store.models import gathered_model
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
    told = (settings, objective, seed, linear)
    return _product(work, *_scored(work, model, mix, open_mix(work, mix, HOLDOUT), *told))


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
    asked = [open_mix(work, mix, HOLDOUT), *([work.open(rows, "data.parquet")] for rows in sets)]
    parts = [_scored(work, model, mix, files, settings, objective, seed, None) for files in asked]
    return _product(work, pl.concat([table for table, _ in parts]), parts[0][1])


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
    told = (settings, objective, seed, linear)
    return _product(work, *_scored(work, model, mix, [work.open(rows, "data.parquet")], *told))


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
    return _product(work, student, metrics)


@stage_task("evaluate")
def evaluate_start(
    work: Workbench,
    seen: Fingerprint,  # noqa: ARG001 (what the model is stands in the content key)
    scores: Manifest[ScoresFacts],
    set_scores: list[Manifest[ScoresFacts]],
    mix: Manifest[MixFacts],
    sets: list[Manifest[CleanedFacts]],
    asked: StartSettings,
    base: str,
) -> Product[StartFacts]:
    """Score the pretrained model that training begins with on all that the trained one was scored on."""
    (folder := work.scratch / "start").mkdir(exist_ok=True)
    start, learned = start_of(asked.train, asked.objective, base, folder), open_mix(work, mix, TRAIN)

    def scored_before(scores: Manifest[ScoresFacts], rows: Sequence[Path]) -> BaselineScore:
        trained = pl.read_parquet(work.open(scores, "predictions.parquet"))
        return before(start, trained, (learned, rows), asked.objective.task, asked.intervals, asked.seed)

    of_sets = {
        one.subject: scored_before(one, [work.open(rows, "data.parquet")])
        for one, rows in zip(set_scores, sets, strict=True)
    }
    return Product(facts=StartFacts(holdout=scored_before(scores, open_mix(work, mix, HOLDOUT)), sets=of_sets))


def _scored(
    work: Workbench,
    model: Manifest[ModelFacts],
    mix: Manifest[MixFacts],
    rows: Sequence[Path],
    settings: EvaluateSettings,
    objective: Objective,
    seed: int,
    linear: LinearSettings | None,
) -> tuple[pl.DataFrame, Metrics]:
    """Score the model on files of rows; the scores by source stand in the order of the mix's accounts."""
    trained = Trained(gathered_model(work, model, work.scratch / "model"), model.facts.max_tokens, objective.labels)
    sides = open_mix(work, mix, TRAIN), rows
    predictions, metrics = scored(trained, sides, layout_of(mix), objective, settings, seed, linear)
    order = {account.source: place for place, account in enumerate(mix.accounts)}
    by_source = dict(sorted(metrics.by_source.items(), key=lambda one: order.get(one[0], len(order))))
    return predictions, metrics.model_copy(update={"by_source": by_source})


def _product(work: Workbench, predictions: pl.DataFrame, metrics: Metrics) -> Product[ScoresFacts]:
    with work.writing("predictions.parquet") as path:
        predictions.write_parquet(path)
    return Product(rows=predictions.height, facts=ScoresFacts(metrics=metrics))
