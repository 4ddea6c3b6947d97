"""From the mix to a model and its scores."""

from collections.abc import Iterator

from flows.engine.calls import Call, RunProducts
from flows.steps.blend import redrawn
from tasks.evaluate.task import StartSettings, evaluate_model, evaluate_set, evaluate_start, evaluate_teacher
from tasks.recipe.model import LoadedRecipe
from tasks.train.task import Tracked, probe_model, probe_teacher, train_model


def train(loaded: LoadedRecipe, call: Call, made: RunProducts) -> Iterator[str]:
    """Call the tasks that fine-tune and measure; yield the name of each stage once its tasks are called."""
    recipe, mix = loaded.recipe, made.mix
    if recipe.train is None or mix is None or made.pool is None or made.plan is None:
        return
    later = redrawn(loaded, made.pool, made.plan, made.sets, recipe.seed, call)
    seen = call(probe_model.of("model"), recipe.train, loaded.folder)
    distil = recipe.train.distil
    teacher = [call(probe_teacher.of("teacher"), distil, loaded.folder)] if distil else []
    learned = ([mix, *later], recipe.train.learning, recipe.objective, recipe.seed, loaded.folder)
    tracked = Tracked(name=recipe.name, recipe=loaded.published) if recipe.train.report_to else None
    model = made.model = call(train_model.of("model"), [seen, *teacher], *learned, recipe.mix.loss_weights, tracked)
    yield "train"
    told = (recipe.evaluate.scoring, recipe.objective, recipe.seed, recipe.trials.linear)
    made.scores = call(evaluate_model.of("model"), model, mix, *told)
    if distil:
        limits = (recipe.evaluate.intervals, recipe.objective, recipe.seed, loaded.folder)
        made.scores = call(evaluate_teacher.of("teacher"), made.scores, mix, distil, *limits)
    made.set_scores = [
        call(evaluate_set.of(name), model, mix, rows, *told) for name, rows in zip(recipe.sets, made.sets, strict=True)
    ]
    if isinstance(recipe.train.model, str):
        asked = StartSettings(
            train=recipe.train.untold, intervals=recipe.evaluate.intervals, objective=recipe.objective, seed=recipe.seed
        )
        given = (made.scores, made.set_scores, mix, made.sets)
        made.before = call(evaluate_start.of("model"), seen, *given, asked, loaded.folder)
    yield "evaluate"
