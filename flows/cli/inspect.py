"""What the look-only commands do: the run's own steps without writing anything, and reading back what runs left."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict, cast

from pydantic import JsonValue

from flows.engine.calls import RunProducts, StageProducts, carry_out
from flows.engine.lookup import Found, LookedUp
from flows.engine.plain import Plain
from flows.engine.record import receipt_of, receipt_of_stage
from flows.steps.blend import blend
from flows.steps.train import train
from tasks.core.errors import RecipeError
from tasks.experiments.compare.settings import ALL_ROWS, LEARNED
from tasks.experiments.compare.task import choose_arms, foresee
from tasks.experiments.comparison import Foresight
from tasks.experiments.search.task import advise, last_learned
from tasks.history.task import folder_of
from tasks.manifests.batch import ShownBatch
from tasks.manifests.manifest import Manifest
from tasks.manifests.plan import PlanFacts, ReceiptRow, WeightReading
from tasks.manifests.pool import PoolFacts
from tasks.mix.task import read_weights, replay_mix
from tasks.objectives.parts import measures_of
from tasks.recipe.model import LoadedRecipe, Recipe, load_recipe
from tasks.store.runs import TRAININGS, last_run
from tasks.store.storage import open_store, overlay
from tasks.train.task import show_batch as batch_of


class Explained(TypedDict):
    """The state of every task's product."""

    recipe: str
    store: str
    tasks: list[Found]
    unreached: list[dict[str, str]]


class PlannedStage(TypedDict):
    """What one stage of a training in stages would learn from."""

    task: str
    sources: list[str]
    rows: int
    tokens: int
    receipt: tuple[ReceiptRow, ...]


class Planned(TypedDict):
    """What a run would do.

    Attributes:
        unit: of the weights.
        readings: what each source is of the mix in rows, tokens and compute, and how often its rows are seen.
        stages: what each stage of the training would learn from, where there are several; `rows`, `tokens`, `unit` and
            `receipt` are the last one's.
        sets: evaluation set -> its rows, where there are any.
        comparing: what `cuvee compare` could see, where there is something to compare.
        batch: the one that training would begin with, where it was asked for.
        cached, to_run: tasks with their subjects.
        resolved: the whole recipe with defaults.
    """

    recipe: str
    name: str
    rows: int
    tokens: int
    unit: str
    receipt: tuple[ReceiptRow, ...]
    readings: tuple[WeightReading, ...]
    stages: NotRequired[list[PlannedStage]]
    unreached: list[dict[str, str]]
    holdout: dict[str, int]
    sets: NotRequired[dict[str, int]]
    cached: list[str]
    to_run: list[str]
    recommended: dict[str, str]
    training_seconds: float | None
    batch: NotRequired[ShownBatch]
    comparing: NotRequired[Foresight]
    resolved: dict[str, JsonValue]


class Replayed(TypedDict):
    """A mix that was made again to the same bytes.

    Attributes:
        out: the folder that it was kept in.
    """

    mix: str
    files: int
    rows: int
    sha256: str
    same_bytes: bool
    out: NotRequired[str]


def explain_recipe(file: str, store: str, overrides: dict[str, JsonValue], without: Sequence[str] = ()) -> Explained:
    """Look every product of the recipe up, without making any."""
    loaded = load_recipe(file, overrides, without)
    tasks, products = _looked_up(loaded, store)
    unreached = [source.told() for source in products.unreached]
    return {"recipe": file, "store": open_store(store).uri, "tasks": tasks, "unreached": unreached}


def _looked_up(loaded: LoadedRecipe, store: str) -> tuple[list[Found], RunProducts]:
    before = last_run(open_store(store), loaded.recipe.name)
    look, products = LookedUp(store, before.tasks if before else ()), RunProducts()
    carry_out(blend(loaded, look, products))
    carry_out(train(loaded, look, products))
    return look.found, products


def plan_recipe(
    file: str, store: str, overrides: dict[str, JsonValue], without: Sequence[str] = (), *, show_batch: bool = False
) -> Planned:
    """Carry the steps out up to the plan, in a temporary store over the real one.

    Args:
        show_batch: whether to go on to the mix, and to show what training would begin with.

    Raises:
        RecipeError: a batch of a recipe that trains nothing.
    """
    loaded = load_recipe(file, overrides, without)
    if show_batch and loaded.recipe.train is None:
        raise RecipeError("--show-batch: the recipe has no `train`, so that no batch is made; write that section")
    tasks, _ = _looked_up(loaded, store)
    products = RunProducts()
    with overlay(store) as upper:
        carry_out(blend(loaded, Plain(upper), products), "mix" if show_batch else "plan")
        if products.pool is None or products.plan is None:
            raise RuntimeError("the steps ended before the plan")
        pool, manifest, receipt = products.pool, products.plan, receipt_of(products, loaded)
        read = read_weights(upper, products.stages[-1].pool or pool, manifest, receipt, _longest(loaded.recipe))
        batch = _first_batch(loaded, upper, products) if show_batch else None
    found: Planned = {
        "recipe": file,
        "name": loaded.recipe.name,
        "rows": manifest.rows,
        "tokens": manifest.tokens,
        "unit": loaded.recipe.stages[-1].mix.unit,
        "receipt": receipt,
        "readings": read,
        "unreached": [source.told() for source in products.unreached],
        "holdout": {account.source: account.holdout for account in pool.accounts},
        "cached": [f"{row.task} {row.subject}" for row in tasks if row.hit],
        "to_run": [f"{row.task} {row.subject}" for row in tasks if not row.hit],
        "recommended": _recommended(loaded, store, manifest, pool),
        "training_seconds": _training_seconds(loaded, store, manifest),
        "resolved": loaded.published,
    }
    if len(products.stages) > 1:
        found["stages"] = [_planned_stage(stage) for stage in products.stages]
    sets = {one.subject: one.rows for one in products.sets}
    if sets:
        found["sets"] = sets
    if foreseen := _foreseen(loaded, store, found["holdout"] | sets):
        found["comparing"] = foreseen
    if batch:
        found["batch"] = batch
    return found


def _longest(recipe: Recipe) -> int | None:
    """Give the tokens after which training cuts a row; None where it learns all of it, or there is no training."""
    return recipe.learning.max_tokens if recipe.learning and measures_of(recipe.task).cuts else None


def _foreseen(loaded: LoadedRecipe, store: str, rows: Mapping[str, int]) -> Foresight | None:
    """Say what a comparison of the recipe as it stands could see."""
    recipe = loaded.recipe
    names = choose_arms(None, [*recipe.mixed], recipe.compare.arms, recipe.compare.target, ())
    several = [name for name in names if name != ALL_ROWS and (name != LEARNED or last_learned(store, recipe.name))]
    arms = {True: len(recipe.mixed), False: len(several) - len(recipe.mixed)}
    return foresee(store, recipe.name, recipe.objective, recipe.compare.settings, rows, recipe.mixed, arms)


def _planned_stage(products: StageProducts) -> PlannedStage:
    plan = products.plan
    if plan is None:
        raise RuntimeError("the steps ended before the plan")
    stage = products.stage
    return {
        "task": stage.objective.task,
        "sources": list(stage.sources),
        "rows": plan.rows,
        "tokens": plan.tokens,
        "receipt": receipt_of_stage(products),
    }


def _first_batch(loaded: LoadedRecipe, store: str, products: RunProducts) -> ShownBatch | None:
    """See the batch that training begins with: the first stage's."""
    stage, mixes = loaded.recipe.stages[0], [one.mix for one in products.stages if one.mix is not None]
    if stage.settings is None or not mixes:
        return None
    later = mixes[1:] if stage.builds else []
    told = (stage.settings, stage.objective, loaded.recipe.seed, loaded.folder)
    return batch_of(store, mixes[0], *told, later)


def _recommended(
    loaded: LoadedRecipe, store: str, plan: Manifest[PlanFacts], pool: Manifest[PoolFacts]
) -> dict[str, str]:
    """Name the way of setting the weights that fits; the target is the one that the recipe names, wherever it does."""
    recipe = loaded.recipe
    judge = recipe.search.target
    named = (
        (judge if judge in recipe.sources else None)
        or getattr(recipe.mix.weights, "target", None)
        or (recipe.mix.select.target if recipe.mix.select else None)
    )
    learning = recipe.learning
    steps = int(plan.rows * learning.epochs / learning.batch_size) if learning else 0
    generates = not recipe.layout.labels
    return advise(
        store,
        recipe.name,
        pool.accounts,
        recipe.search,
        named,
        steps,
        generates=generates,
        labelled=recipe.labelling.keys(),
    )


def _training_seconds(loaded: LoadedRecipe, store: str, plan: Manifest[PlanFacts]) -> float | None:
    """Estimate from the last run of the same recipe that trained the same model, the same way where it does so in
    stages; None when there is none.
    """
    before, train = last_run(open_store(store), loaded.recipe.name), loaded.published.get("train")
    if before is None or before.mix is None or train is None:
        return None
    spent = [note.seconds for note in before.tasks if note.name in TRAININGS and note.seconds]
    then = before.recipe.get("train")
    if isinstance(train, list):
        return round(sum(spent), 1) if spent and then == train else None
    same = isinstance(train, dict) and isinstance(then, dict) and then.get("model") == train.get("model")
    return round(spent[0] * plan.rows / before.mix.rows, 1) if spent and same and before.mix.rows else None


def replay_lock(store: str, lock: str, out: str | None) -> Replayed:
    """Make a published mix again from its lock file.

    Raises:
        RecipeError: `out` is there already.
    """
    if out is not None and Path(out).exists():
        raise RecipeError(f"--out {out}: it is there already; name a new folder")
    folder = folder_of(store, lock)
    return cast("Replayed", {"mix": folder} | replay_mix(store, folder, out))
