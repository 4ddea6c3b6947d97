"""From the mix to a model and its scores."""

from collections.abc import Iterator

from flows.engine.calls import Call, Made
from tasks.evaluate.task import evaluate_model
from tasks.recipe.model import LoadedRecipe
from tasks.train.task import probe_model, train_model


def train(loaded: LoadedRecipe, store: str, call: Call, made: Made) -> Iterator[str]:
    """Call the tasks that fine-tune and measure; yield the name of each stage once its tasks are called."""
    recipe = loaded.recipe
    if recipe.train is None:
        return
    seen = call(probe_model, "model", recipe.train, loaded.folder)
    made.model = call(
        train_model, store, "model", seen, made.mix, recipe.train, recipe.objective, recipe.seed, loaded.folder
    )
    yield "train"
    made.scores = call(
        evaluate_model, store, "model", made.model, made.mix, recipe.evaluate, recipe.objective, recipe.seed
    )
    yield "evaluate"
