"""What training learns by beside the plain loss of every row: what of a recipe does not go with it."""

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.suggest import Problem
from tasks.objectives.parts import measures_of
from tasks.train.settings import TrainSettings

if TYPE_CHECKING:
    from tasks.recipe.stages import TrainingStage


def learning_problems(stage: "TrainingStage", base: str) -> list[Problem]:
    """Say what does not go together of a stage of training, its task and its mix, each with its place."""
    if stage.settings is None:
        weighed = "it weighs what training learns from, and there is no `train` section; write one"
        return [] if stage.mix.loss_weights is None else [("mix.loss_weights", weighed)]
    return [
        *_distil(stage, stage.settings, base),
        *_softened(stage, stage.settings),
        *_packing(stage, stage.settings),
        *_loss_weights(stage, stage.settings),
        *_batches(stage, stage.settings),
    ]


def _distil(stage: "TrainingStage", settings: TrainSettings, base: str) -> list[Problem]:
    """Say where a teacher would teach nothing, or has other labels, as far as its folder tells."""
    distil, layout, labels = settings.distil, stage.layout, stage.objective.labels
    if not distil:
        return []
    if layout.label is None and "target" not in layout.names:
        why = f"a teacher gives the label of a row or writes its target, and task: {stage.objective.task} has neither"
        return [(f"{stage.place}.distil", f"{why}; take the section out")]
    names: list[str] = []
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        read = json.loads((Path(base) / distil.teacher / "config.json").read_text("utf-8"))
        names = [str(label) for label in read["id2label"].values()]
    if layout.label is not None and names and {*names} != {*labels}:
        told = f"its labels are {', '.join(names)}, and the recipe's are {', '.join(labels)}"
        return [(f"{stage.place}.distil.teacher", f"{told}; a teacher has the same labels")]
    return []


def _softened(stage: "TrainingStage", settings: TrainSettings) -> list[Problem]:
    """Say where labels are to be softened that are none."""
    fields = [name for name in ("label_smoothing", "mixup") if getattr(settings, name)]
    if stage.layout.label is not None:
        return []
    task = stage.objective.task
    why = f"it makes one label of a row less certain, and the rows of task: {task} bear none such; take it out"
    return [(f"{stage.place}.{name}", why) for name in fields]


PACKED = ("text-generation", "fill-mask")
"""What models do, as the Hub says it, that say something of each token where they read it."""


def _packing(stage: "TrainingStage", settings: TrainSettings) -> list[Problem]:
    """Say where examples cannot stand in one row."""
    measured = measures_of(stage.objective.task)
    if not settings.packing or measured.hub in PACKED:
        return []
    why = f"a {measured.model} says one thing of what it reads, or writes apart; take it out"
    return [(f"{stage.place}.packing", why)]


def _loss_weights(stage: "TrainingStage", settings: TrainSettings) -> list[Problem]:
    """Say where rows cannot count unequally in the loss."""
    place, weights = f"{stage.mix_place}.loss_weights", stage.mix.loss_weights
    if weights is None:
        return []
    problems: list[Problem] = []
    if settings.online:
        problems.append((place, "train.online changes how much a source counts while training, too; take one"))
    if settings.mixup:
        problems.append((place, "train.mixup makes examples of two sources, which have two weights; take one"))
    if not any(weights.get(name, 1) for name in stage.sources):
        problems.append((place, "every source has weight 0, so that nothing would be learned"))
    return problems


def _batches(stage: "TrainingStage", settings: TrainSettings) -> list[Problem]:
    """Say where batches or epochs would undo the phases of the mix."""
    if not stage.mix.phases:
        return []
    problems: list[Problem] = []
    if settings.batches == "exact":
        why = "each stretch of mix.phases has shares of its own, which a batch with those of the whole mix would undo"
        problems.append((f"{stage.place}.batches", f"{why}; take alike, which keeps to them"))
    if settings.resample:
        why = "a mix of mix.phases is trained on once, stretch after stretch; take one"
        problems.append((f"{stage.place}.resample", why))
    return problems
