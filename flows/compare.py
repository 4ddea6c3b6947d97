"""Does combining help? Mixes at the same budget, steps and seeds, and a verdict that chance does not make.

Reads a recipe. Writes `snapshots/` and `comparisons/<name>/` of the store. Shows in the Prefect UI: the verdict, scores
of the arms, differences, values of the sources, a picture, where the report is.
"""

import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from flows.engine.calls import RunProducts
from flows.engine.flow import flow
from flows.engine.home import store_uri
from flows.engine.interrupt import interruptible
from flows.engine.runners import runner_named
from flows.engine.running import noted
from flows.engine.submitted import Submitted
from flows.engine.titles import ended, name_run, run_title
from flows.engine.unfinished import telling
from flows.steps.arms import Arms, settle_arms
from flows.steps.trial_runner import TrialRunner, seconds_spent, seeds_ended
from flows.steps.trial_setup import TrialSetup, trial_setup_for
from tasks.core import ui
from tasks.core.errors import QualityGate, TrainingFailed
from tasks.experiments.compare.settings import OWN_LABELS, RECIPE, UNAUGMENTED, WITHOUT
from tasks.experiments.compare.task import (
    ComparisonRun,
    ask_values,
    choose_arms,
    comparison_inputs,
    conclude,
    foresee,
    foreseen_in_words,
    growing,
    judge_trials,
    record_comparison,
)
from tasks.experiments.comparison import Budget, Comparison, Findings, Foresight, RequiredGain
from tasks.experiments.mixes import Mix, size_of
from tasks.manifests.manifest import Manifest
from tasks.manifests.scores import PredictionFacts, TrialFacts
from tasks.publish.task import begin_run
from tasks.recipe.model import LoadedRecipe, load_recipe
from tasks.report.task import report_comparison
from tasks.store.runs import RunStart
from tasks.store.storage import open_store


@flow(name="compare", task_runner=runner_named("threads"))
def compare(
    recipe: str,
    store: str | None = None,
    arms: list[str] | None = None,
    seeds: int | None = None,
    minutes: float | None = None,
    require_gain: RequiredGain | bool = False,
    overrides: dict[str, Any] | None = None,
    without: list[str] | None = None,
) -> Comparison:
    """Compare the recipe's mix with each source alone and with other mixes, and say what each source is worth.

    Args:
        recipe: Path of the recipe, from the folder the run starts in.
        store: Folder or URL that everything is kept in; empty for the one that CUVEE_STORE names, else ./cuvee-store.
        arms: Mixes to compare beside the recipe's; empty for all.
        seeds: Trials of each mix, in place of the recipe's `compare.seeds`.
        minutes: Time after which no further trial begins, in place of the recipe's `compare.minutes`.
        require_gain: Fail where the recipe's mix does not gain: `single`, over every source alone; `all` (or true),
            over them, and with no source that loses at home by more than `compare.margin` where there is no target.
        overrides: More values over the recipe's, by dotted path, such as {"trials.size": 500}.
        without: Sources of the recipe that are left out this time.
    """
    given = {"compare.seeds": seeds, "compare.minutes": minutes}
    typed = {path: value for path, value in given.items() if value is not None}
    loaded = load_recipe(recipe, (overrides or {}) | typed, without or ())
    names = _names(loaded, arms)
    home = open_store(store_uri(store))
    home.ensure_writable()
    start = begin_run(loaded.published)
    name_run(run_title(loaded.recipe, f"comparison, {len(names)} arms"), (f"recipe {start.name}",))
    with noted(home, start, "comparison"):
        comparison = _compared(loaded, Submitted(home.uri), start, names, asked=arms is not None)
    if any(arm.name == RECIPE and arm.error for arm in comparison.arms):
        raise TrainingFailed(f"{comparison.sentence} Report: {comparison.report}")
    required: RequiredGain = "all" if require_gain is True else require_gain or "all"
    if require_gain and (why := comparison.unmet(required)):
        raise QualityGate(f"{comparison.sentence} A gain is required; {why}. Report: {comparison.report}")
    return ended(comparison, comparison.sentence, (f"verdict {comparison.outcome}",))


def _compared(
    loaded: LoadedRecipe, calls: Submitted, start: RunStart, names: Sequence[str], *, asked: bool
) -> Comparison:
    """Try the arms and judge them; a report and a record are left.

    Args:
        asked: somebody named the arms.
    """
    began, limit = time.monotonic(), loaded.recipe.compare.minutes
    with interruptible(telling()):
        setup = trial_setup_for("compare.target", loaded.recipe.compare.target, loaded, calls, RunProducts())
        calls.finish()
        settled_arms = settle_arms(setup, calls, names, asked=asked)
        runner = TrialRunner(setup, calls, gives_up=True)
        run, judged = _try_and_judge(setup, runner, settled_arms, began + 60 * limit if limit else float("inf"))
    done = {"finished": datetime.now(UTC).isoformat(timespec="seconds"), "seconds": round(time.monotonic() - began, 1)}
    comparison = conclude(start, run.model_copy(update=done), judged, setup.pool.accounts)
    comparison = calls.now(report_comparison, calls.store, comparison)
    return calls.now(record_comparison, calls.store, comparison)


def _names(loaded: LoadedRecipe, arms: Sequence[str] | None) -> list[str]:
    recipe = loaded.recipe
    made = {UNAUGMENTED: bool(recipe.augment) and recipe.trains_in_trials, OWN_LABELS: bool(recipe.labelling)}
    without = [name for name, there in made.items() if there]
    return choose_arms(arms, list(recipe.mixed), recipe.compare.arms, recipe.compare.target, without)


def _try_and_judge(
    setup: TrialSetup, runner: TrialRunner, arms: Arms, ends: float
) -> tuple[ComparisonRun, Manifest[Findings] | None]:
    """Run the trials of the arms, then those that the values of the sources ask for, and judge what came to an end."""
    recipe = setup.loaded.recipe
    settings, ours, seeds = recipe.compare, arms.mixes[RECIPE], range(recipe.compare.seeds)
    game, values = ask_values(ours, settings.settings, recipe.seed, full=recipe.trains_in_trials)
    equal = {name: mix for name, mix in arms.mixes.items() if size_of(mix) is None}
    foreseen = _foreseen(setup, equal.values())
    left_out: list[str] = []
    plain = {name: mix for name, mix in equal.items() if name not in WITHOUT}
    curves = growing(plain, settings.sizes, setup.held)
    larger = [mix for mix in arms.mixes.values() if mix not in equal.values()]
    larger += [mix for mixes in curves.values() for mix in mixes]
    asked = {"arms": list(equal.values()), **values} | ({"more rows": larger} if larger else {})
    for title, mixes in asked.items():
        wanted = [(mix, seed) for seed in seeds for mix in mixes]
        for _ in runner.waves(wanted, f"Trials of {title}", lambda: time.monotonic() > ends):
            continue
        if missed := runner.missed(wanted):
            left_out.append(f"{title}: {missed:,} of {len(wanted):,} trials")
    # Whatever ended is judged: of every mix the seeds 0, 1, … without a gap.
    ended = seeds_ended(runner, [*arms.mixes.values(), *(mix for mixes in asked.values() for mix in mixes)], len(seeds))
    trials = [runner.results[mix, seed].product for mix, count in ended.items() for seed in range(count)]
    names = {mix: name for name, mix in arms.mixes.items()}
    inputs = comparison_inputs(ended, names, ours, settings.settings, game, [*recipe.sets], curves)
    given = (trials, setup.pool, inputs, recipe.objective, recipe.seed)
    judged = setup.call.result(setup.call(judge_trials.of("trials"), *given)) if trials else None
    why = {mix: f"seed {seed}: {error}" for (mix, seed), error in runner.failed.items()}
    run = ComparisonRun(
        mixes=arms.mixes,
        also=arms.also,
        failed=arms.failed | {name: why[mix] for name, mix in arms.mixes.items() if mix in why},
        trials=runner.counts(),
        cost=seconds_spent(runner, ended),
        left_out=tuple(left_out),
        notes=tuple(arms.notes),
        budget=_budget(setup, trials),
        game=game,
        target=settings.target,
        sets=tuple(recipe.sets),
        confidence=settings.confidence,
        margin=settings.margin,
        beforehand=foreseen,
    )
    return run, judged


def _foreseen(setup: TrialSetup, mixes: Collection[Mix]) -> Foresight | None:
    """Say, before its trials, what the comparison can see."""
    recipe, alone = setup.loaded.recipe, [len(mix) == 1 for mix in mixes]
    found = foresee(
        setup.call.store,
        recipe.name,
        recipe.objective,
        recipe.compare.settings,
        setup.measured_on,
        recipe.mixed,
        {kind: alone.count(kind) for kind in (True, False)},
    )
    for line in foreseen_in_words(found):
        ui.log(line)
    return found


def _budget(setup: TrialSetup, trials: Sequence[Manifest[PredictionFacts]]) -> Budget:
    """Say what is the same for every arm."""
    recipe = setup.loaded.recipe
    learner = "the recipe's own model" if recipe.trains_in_trials else "a linear classifier on an encoder's vectors"
    if not recipe.trains_in_trials and recipe.trials.encoder is None:
        learner = "a linear classifier on hashed words"
    learnt = trials[0].facts if trials else None
    return Budget(
        size=setup.size,
        unit=recipe.mix.unit,
        share=setup.share,
        whole=int(sum(setup.held.values())),
        learner=learner,
        seeds=recipe.compare.seeds,
        steps=learnt.steps if isinstance(learnt, TrialFacts) else None,
        empty_holdout=tuple(account.source for account in setup.pool.accounts if not account.holdout),
        phases=len(recipe.mix.phases),
    )
