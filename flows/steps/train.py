"""From the mix to a model and its scores; a training in stages goes from mix to mix."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flows.engine.calls import Call, RunProducts
from flows.steps.blend import redrawn
from tasks.evaluate.task import StartSettings, evaluate_model, evaluate_set, evaluate_start, evaluate_teacher
from tasks.manifests.manifest import Manifest
from tasks.manifests.model import ModelFacts
from tasks.manifests.pool import MixFacts
from tasks.manifests.seen import Fingerprint
from tasks.recipe.model import LoadedRecipe
from tasks.train.task import Lesson, Tracked, probe_model, probe_teacher, train_model, train_stage


def train(loaded: LoadedRecipe, call: Call, made: RunProducts) -> Iterator[str]:
    """Call the tasks that fine-tune and measure; yield the name of each stage once its tasks are called."""
    recipe = loaded.recipe
    settings, mix = recipe.learning, made.mix
    if settings is None or mix is None:
        return
    mixes = [
        [products.mix, *redrawn(loaded, products.stage, products.pool, products.plan, made.sets, recipe.seed, call)]
        for products in made.stages
        if products.mix is not None and products.pool is not None and products.plan is not None
    ]
    known = probed(loaded, call)
    names = [products.stage.named("model") for products in made.stages]
    models = trained(loaded, known, mixes, recipe.seed, names, call, tells=True)
    for products, model in zip(made.stages, models, strict=True):
        products.model = model
    yield "train"
    told = (recipe.evaluate.scoring, recipe.objective, recipe.seed, recipe.trials.linear)
    model = models[-1]
    made.scores = call(evaluate_model.of("model"), model, mix, *told)
    if settings.distil:
        limits = (recipe.evaluate.intervals, recipe.objective, recipe.seed, loaded.folder)
        made.scores = call(evaluate_teacher.of("teacher"), made.scores, mix, settings.distil, *limits)
    made.set_scores = [
        call(evaluate_set.of(name), model, mix, rows, *told) for name, rows in zip(recipe.sets, made.sets, strict=True)
    ]
    if isinstance(settings.model, str):
        asked = StartSettings(
            train=settings.untold, intervals=recipe.evaluate.intervals, objective=recipe.objective, seed=recipe.seed
        )
        given = (made.scores, made.set_scores, mix, made.sets)
        made.before = call(evaluate_start.of("model"), known.start, *given, asked, loaded.folder)
    yield "evaluate"


@dataclass(frozen=True)
class Known:
    """What the models that training begins with, or learns from, are now.

    Attributes:
        teachers: of each stage; None where it has none.
    """

    start: Fingerprint
    teachers: tuple[Fingerprint | None, ...]


def probed(loaded: LoadedRecipe, call: Call) -> Known:
    """See what the start model is now, and the teachers of the stages."""
    stages = [(stage, stage.settings) for stage in loaded.recipe.stages]
    first = stages[0][1]
    if first is None:
        raise RuntimeError("nothing is trained")
    start = call(probe_model.of("model"), first, loaded.folder)
    teachers = tuple(
        call(probe_teacher.of(stage.named("teacher")), settings.distil, loaded.folder)
        if settings and settings.distil
        else None
        for stage, settings in stages
    )
    return Known(start, teachers)


def trained(
    loaded: LoadedRecipe,
    known: Known,
    mixes: Sequence[list[Manifest[MixFacts]]],
    seed: int,
    names: Sequence[str],
    call: Call,
    *,
    tells: bool = False,
) -> list[Manifest[ModelFacts]]:
    """Train stage after stage; gives the model of each.

    Args:
        mixes: of every stage, one for each epoch that draws anew.
        names: what the stages' models are called.
        tells: whether trackers are told of it.
    """
    stages, folder = loaded.recipe.stages, loaded.folder
    models = list[Manifest[ModelFacts]]()
    for stage, drawn, teacher, name in zip(stages, mixes, known.teachers, names, strict=True):
        if (settings := stage.settings) is None:
            raise RuntimeError("nothing is trained")
        tracked = Tracked(name=loaded.recipe.name, recipe=loaded.published) if tells and settings.report_to else None
        seen = [known.start, *([teacher] if teacher is not None else [])]
        settings, weights = settings.learning if tells else settings.untold, stage.mix.loss_weights
        if stage.of == 1:
            told = (settings, stage.objective, seed, folder, weights, tracked)
            models.append(call(train_model.of(name), seen, drawn, *told))
            continue
        lesson = Lesson(settings=settings, objective=stage.objective, seed=seed, loss_weights=weights)
        others = [later[0] for later in mixes[1:]] if stage.builds else []
        before = models[-1] if models else None
        models.append(call(train_stage.of(name), seen, before, drawn, others, lesson, folder, tracked))
    return models
