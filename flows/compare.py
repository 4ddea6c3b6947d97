"""Does combining help? Mixes at the same budget, steps and seeds, and a verdict that chance does not make.

Reads a recipe. Writes `snapshots/` and `comparisons/<name>/` of the store. Shows in the Prefect UI: the verdict, scores
of the arms,
differences, values of the sources, a picture, a link to the report.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from flows.engine.calls import Made, Submitted
from flows.engine.home import store_uri
from flows.engine.interrupt import interruptible
from flows.steps.arms import RECIPE, Arms, settle_arms
from flows.steps.trial_runner import TrialRuns
from flows.steps.trial_setup import Bench, bench_for
from tasks.core.errors import QualityGate, TrainingFailed
from tasks.experiments.compare.task import (
    Asked,
    ask_values,
    choose_arms,
    conclude,
    judge_trials,
    lay_out,
    record_comparison,
)
from tasks.manifests.manifest import Manifest
from tasks.publish.task import begin_run
from tasks.recipe.model import LoadedRecipe, load_recipe
from tasks.report.task import report_comparison
from tasks.store.storage import open_store


@flow(name="compare", task_runner=ThreadPoolTaskRunner(max_workers=16), persist_result=False)  # pyright: ignore[reportCallIssue, reportArgumentType]
def compare(
    recipe: str,
    store: str | None = None,
    arms: list[str] | None = None,
    seeds: int | None = None,
    minutes: float | None = None,
    require_gain: bool = False,
    overrides: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Compare the recipe's mix with each source alone and with other mixes, and say what each source is worth.

    Args:
        recipe: Path of the recipe, from the folder the run starts in.
        store: Folder or URL that everything is kept in; empty for the one that CUVEE_STORE names, else ./cuvee-store.
        arms: Mixes to compare beside the recipe's; empty for all.
        seeds: Trials of each mix, in place of the recipe's `compare.seeds`.
        minutes: Time after which no further trial begins, in place of the recipe's `compare.minutes`.
        require_gain: Fail where the recipe's mix has no detectable gain over the best single source.
        overrides: More values over the recipe's, by dotted path, such as {"trials.size": 500}.
    """
    began = time.monotonic()
    given = {"compare.seeds": seeds, "compare.minutes": minutes}
    loaded = load_recipe(
        recipe, (overrides or {}) | {path: value for path, value in given.items() if value is not None}
    )
    names = _names(loaded, arms)
    home = open_store(store_uri(store))
    home.ensure_writable()
    start, calls, made = begin_run(loaded.published), Submitted(home.uri), Made()
    limit = loaded.recipe.compare.minutes
    with interruptible():
        place = bench_for("compare.target", loaded.recipe.compare.target, loaded, home.uri, calls, made)
        calls.finish()
        found = settle_arms(place, calls, names)
        runs = TrialRuns(place, calls, began + 60 * limit if limit else None)
        asked, judged = _try_and_judge(place, runs, found)
    done = {"finished": datetime.now(UTC).isoformat(timespec="seconds"), "seconds": round(time.monotonic() - began, 1)}
    comparison = record_comparison(
        home.uri,
        report_comparison(home.uri, conclude(start, asked.model_copy(update=done), judged, place.pool.accounts)),
    )
    if RECIPE in asked.failed:
        raise TrainingFailed(f"{comparison.sentence} Report: {comparison.report}")
    if require_gain and comparison.outcome != "gain":
        raise QualityGate(f"{comparison.sentence} A gain is required. Report: {comparison.report}")
    return comparison.model_dump(mode="json", exclude={"recipe"})


def _names(loaded: LoadedRecipe, arms: Sequence[str] | None) -> list[str]:
    recipe = loaded.recipe
    return choose_arms(arms, list(recipe.sources), recipe.compare.arms, recipe.compare.target)


def _try_and_judge(place: Bench, runs: TrialRuns, arms: Arms) -> tuple[Asked, Manifest | None]:
    """Run the trials of the arms, then those that the values of the sources ask for, and judge what came to an end."""
    recipe = place.loaded.recipe
    settings, ours, seeds = recipe.compare, arms.mixes[RECIPE], range(recipe.compare.seeds)
    game, values = ask_values(ours, settings.settings, recipe.seed, full=recipe.trains_in_trials)
    left_out: list[str] = []
    for title, mixes in {"arms": list(arms.mixes.values()), **values}.items():
        if missed := runs.carry_out([(mix, seed) for seed in seeds for mix in mixes], f"Trials of {title}"):
            left_out.append(f"{title}: {missed:,} of {len(mixes) * len(seeds):,} trials")
    ended = runs.ended([*arms.mixes.values(), *(mix for some in values.values() for mix in some)], len(seeds))
    trials = [runs.found[mix, seed][0] for mix, count in ended.items() for seed in range(count)]
    layout = lay_out(ended, {mix: name for name, mix in arms.mixes.items()}, ours, settings.settings, game)
    judged = (
        place.call(judge_trials, place.store, "trials", trials, place.pool, layout, recipe.labels, recipe.seed).result()
        if trials
        else None
    )
    failed = arms.failed | {name: runs.failed[mix] for name, mix in arms.mixes.items() if mix in runs.failed}
    asked = Asked(
        mixes=arms.mixes,
        also=arms.also,
        failed=failed,
        trials=runs.told(),
        cost=runs.cost(ended),
        left_out=tuple(left_out),
        notes=tuple(arms.notes),
        budget=_budget(place, trials),
        game=game,
        target=settings.target,
        confidence=settings.confidence,
    )
    return asked, judged


def _budget(place: Bench, trials: Sequence[Manifest]) -> dict[str, Any]:
    """Say what is the same for every arm."""
    recipe = place.loaded.recipe
    learner = "the recipe's own model" if recipe.trains_in_trials else "a linear classifier on an encoder's vectors"
    if not recipe.trains_in_trials and recipe.trials.encoder is None:
        learner = "a linear classifier on hashed words"
    empty = [account.source for account in place.pool.accounts if not account.holdout]
    told = {
        "size": place.size,
        "unit": recipe.mix.unit,
        "share": place.share,
        "learner": learner,
        "seeds": recipe.compare.seeds,
    }
    return told | {
        "steps": trials[0].facts.get("steps") if trials else None,
        "empty_holdout": empty,
        "phases": len(recipe.mix.phases),
    }
