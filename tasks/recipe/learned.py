"""What training learns by beside the plain loss of every row: what of a recipe does not go with it."""

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.suggest import Problem
from tasks.objectives.parts import measures_of

if TYPE_CHECKING:
    from tasks.recipe.model import Recipe


def distil_problems(recipe: "Recipe", base: str) -> list[Problem]:
    """Say where a teacher would teach nothing, or has other labels, as far as its folder tells, with its place."""
    distil, layout = recipe.train and recipe.train.distil, recipe.layout
    if not distil:
        return []
    if layout.label is None and "target" not in layout.names:
        why = f"a teacher gives the label of a row or writes its target, and task: {recipe.task} has neither"
        return [("train.distil", f"{why}; take the section out")]
    names: list[str] = []
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        read = json.loads((Path(base) / distil.teacher / "config.json").read_text("utf-8"))
        names = [str(label) for label in read["id2label"].values()]
    if layout.label is not None and names and {*names} != {*recipe.labels}:
        told = f"its labels are {', '.join(names)}, and the recipe's are {', '.join(recipe.labels)}"
        return [("train.distil.teacher", f"{told}; a teacher has the same labels")]
    return []


def softened_problems(recipe: "Recipe") -> list[Problem]:
    """Say where labels are to be softened that are none, each with its place."""
    fields = [name for name in ("label_smoothing", "mixup") if recipe.train and getattr(recipe.train, name)]
    if recipe.layout.label is not None:
        return []
    why = f"it makes one label of a row less certain, and the rows of task: {recipe.task} bear none such; take it out"
    return [(f"train.{name}", why) for name in fields]


PACKED = ("text-generation", "fill-mask")
"""What models do, as the Hub says it, that say something of each token where they read it."""


def packing_problems(recipe: "Recipe") -> list[Problem]:
    """Say where examples cannot stand in one row, with its place."""
    if not (recipe.train and recipe.train.packing) or measures_of(recipe.task).hub in PACKED:
        return []
    model = measures_of(recipe.task).model
    return [("train.packing", f"a {model} says one thing of what it reads, or writes apart; take it out")]


def loss_weight_problems(recipe: "Recipe") -> list[Problem]:
    """Say where rows cannot count unequally in the loss, with its place."""
    place, weights, train = "mix.loss_weights", recipe.mix.loss_weights, recipe.train
    if weights is None:
        return []
    if train is None:
        return [(place, "it weighs what training learns from, and there is no `train` section; write one")]
    problems: list[Problem] = []
    if train.online:
        problems.append((place, "train.online changes how much a source counts while training, too; take one"))
    if train.mixup:
        problems.append((place, "train.mixup makes examples of two sources, which have two weights; take one"))
    if not any(weights.get(name, 1) for name in recipe.sources):
        problems.append((place, "every source has weight 0, so that nothing would be learned"))
    return problems


def batch_problems(recipe: "Recipe") -> list[Problem]:
    """Say where batches or epochs would undo the phases of the mix, each with its place."""
    if not recipe.train or not recipe.mix.phases:
        return []
    problems: list[Problem] = []
    if recipe.train.batches == "exact":
        why = "each stretch of mix.phases has shares of its own, which a batch with those of the whole mix would undo"
        problems.append(("train.batches", f"{why}; take alike, which keeps to them"))
    if recipe.train.resample:
        problems.append(("train.resample", "a mix of mix.phases is trained on once, stretch after stretch; take one"))
    return problems
