"""Learn the weights: trials in rounds → a surrogate → a confirming run → weights, with an interval or without.

Reads a recipe. Writes `snapshots/` and `searches/<name>/` of the store; `mix.weights: learned` uses what is found.
Shows in the Prefect UI: the weights, what the confirming runs say, where the report is.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from prefect.runtime import flow_run

from flows.engine.calls import RunProducts
from flows.engine.flow import flow
from flows.engine.home import store_uri
from flows.engine.interrupt import interruptible
from flows.engine.runners import runner_named
from flows.engine.running import noted
from flows.engine.submitted import Submitted
from flows.engine.titles import ended, name_run, run_title
from flows.engine.unfinished import telling
from flows.steps.trial_runner import Trial, TrialRunner
from flows.steps.trial_setup import TrialSetup, trial_setup_for
from tasks.core import ui
from tasks.core.errors import TrainingFailed
from tasks.experiments.mixes import as_mix
from tasks.experiments.search.task import (
    Constraints,
    SearchState,
    begin_search,
    conclude,
    learn_weights,
    losses_of,
    next_mixes,
    note_trial,
    record_search,
)
from tasks.experiments.search_record import SearchFindings, SearchRecord
from tasks.manifests.manifest import Manifest
from tasks.manifests.scores import PredictionFacts
from tasks.publish.task import begin_run
from tasks.recipe.model import LoadedRecipe, load_recipe
from tasks.report.task import report_search
from tasks.store.runs import RunStart
from tasks.store.storage import open_store

CONFIRMING = 1_000
"""Seeds from here on are those of confirming runs, so that none has been seen by a trial."""


@flow(name="search", task_runner=runner_named("threads"))
def search(
    recipe: str,
    store: str | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    overrides: dict[str, Any] | None = None,
    without: list[str] | None = None,
) -> SearchRecord:
    """Try mixes of the recipe's sources, learn which is best, and confirm it against uniform and proportional weights.

    Args:
        recipe: Path of the recipe, from the folder the run starts in.
        store: Folder or URL that everything is kept in; empty for the one that CUVEE_STORE names, else ./cuvee-store.
        trials: Most mixes that are tried, in place of the recipe's `search.trials`.
        minutes: No trial begins later than this after the first, in place of `search.minutes`.
        overrides: More values over the recipe's, by dotted path, such as {"search.target": "news"}.
        without: Sources of the recipe that are left out this time.
    """
    typed = {
        name: value for name, value in {"search.trials": trials, "search.minutes": minutes}.items() if value is not None
    }
    loaded = load_recipe(recipe, (overrides or {}) | typed, without or ())
    home = open_store(store_uri(store))
    home.ensure_writable()
    start = begin_run(loaded.published)
    name_run(run_title(loaded.recipe, f"search, {loaded.recipe.search.trials} trials"), (f"recipe {start.name}",))
    with noted(home, start, "search"):
        record = _searched(loaded, Submitted(home.uri), start)
    return ended(record, record.sentence, (f"verdict {record.outcome}",))


def _searched(loaded: LoadedRecipe, calls: Submitted, start: RunStart) -> SearchRecord:
    """Carry out trials and confirming runs; a report and a record are left."""
    began = time.monotonic()
    with interruptible(telling()):
        setup = trial_setup_for("search.target", loaded.recipe.search.target, loaded, calls, RunProducts())
        calls.finish()
        runs = Submitted(calls.store, quiet=True)
        runner, state = TrialRunner(replace(setup, call=runs), runs), begun(setup)
        explore(state, runner, loaded.recipe.search.minutes)
        findings = confirm(state, runner, loaded.recipe.search.seeds)
    record = SearchRecord(
        **dict(findings),
        search=start.run,
        name=start.name,
        started=start.started,
        seconds=round(time.monotonic() - began, 1),
        flow_run_id=str(flow_run.id),
        sources=state.space.sources,
        unit=loaded.recipe.mix.unit,
    )
    record = calls.now(report_search, calls.store, record)
    calls.now(record_search, calls.store, state, record)
    return record


def begun(setup: TrialSetup) -> SearchState:
    """Lay out what is searched."""
    recipe, made, pool = setup.loaded.recipe, setup.made, setup.whole
    mix, epochs = recipe.mix, recipe.learning.epochs if recipe.learning else 1.0
    without_rows = {account.source for account in pool.accounts if not account.rows}
    constraints = Constraints(
        unit=mix.unit,
        budget=None if mix.size == "all" else mix.size,
        copies=mix.max_epochs / epochs,
        floors=mix.floors,
        ceilings=mix.ceilings,
        out=frozenset({verdict.subject for verdict in made.verdicts if verdict.factor == 0} | without_rows),
        trial_rows=setup.size if mix.unit == "rows" else setup.size * pool.rows / pool.tokens,
        search=recipe.search,
        task=recipe.task,
        setting=setup.setting,
        seed=recipe.seed,
        sets={rows.subject: rows.rows for rows in made.sets},
    )
    judged = [rows for rows in made.sets if rows.subject == recipe.search.target]
    return begin_search(setup.call.store, recipe.name, pool, [*made.cleaned, *judged], constraints)


def explore(state: SearchState, runner: TrialRunner, minutes: float | None) -> None:
    """Carry out the rounds of trials; ends early when time is up."""
    ends = time.monotonic() + 60 * minutes if minutes else float("inf")
    for number, _ in enumerate(state.sizes):
        mixes = next_mixes(state, number)
        before = sum(state.sizes[:number])
        state.history.rounds.append([])
        names = {f"trial-{seed + 1:02}": (mix, seed) for seed, mix in enumerate(mixes, before)}
        if not _tried(state, runner, names, ends):
            done, wanted = len(state.history.own), sum(state.sizes)
            state.history.stopped = f"{done} of {wanted} trials were made: the {minutes:g} minutes were over"
            return


def _tried(
    state: SearchState, runner: TrialRunner, names: Mapping[str, tuple[Mapping[str, float], int]], ends: float
) -> bool:
    """Try the mixes of a round; gives whether there was time for all."""
    trials = {name: _trial(runner, mix, seed) for name, (mix, seed) in names.items()}
    named, this_round = {trial: name for name, trial in trials.items()}, state.history.rounds[-1]

    def late() -> bool:
        return bool(state.history.own) and time.monotonic() > ends

    for wave in runner.waves(trials.values(), f"Trials of round {len(state.history.rounds)}", late):
        for trial in wave:
            _note(state, runner, named[trial], *names[named[trial]])
    # In the order of their names, whichever were in the store, so that the same trials teach the same.
    this_round.sort(key=lambda trial: trial.seed)
    return not runner.missed(trials.values())


def _note(state: SearchState, runner: TrialRunner, name: str, mix: Mapping[str, float], seed: int) -> None:
    """Note a trial that ended, or why it teaches nothing."""
    try:
        product = _product(runner, _trial(runner, mix, seed))
        trial = note_trial(runner.setup.call.store, runner.setup.loaded.recipe.name, state, product, name, mix, seed)
    except TrainingFailed as error:
        state.history.left_out[name] = str(error)
        ui.tell(f"{name}  left out: {error}")
        return
    state.history.rounds[-1].append(trial)
    shares = "  ".join(f"{source} {share:.2f}" for source, share in trial.mix.items() if share > 0)
    cost = state.space.cost({source: trial.cost(source) for source in state.space.columns})
    ui.tell(f"{name} of {sum(state.sizes)}  loss {cost:.4f}  {trial.seconds:.1f} s  {shares}")


def _trial(runner: TrialRunner, mix: Mapping[str, float], seed: int) -> Trial:
    """Give the trial of a mix, the checks' verdicts applied as they are to a mix that is used."""
    return as_mix(mix, runner.setup.factors), seed


def _product(runner: TrialRunner, trial: Trial) -> Manifest[PredictionFacts]:
    """Give what a trial made, or raise what stopped it."""
    if trial in runner.failed:
        raise runner.failed[trial]
    return runner.results[trial].product


def confirm(state: SearchState, runner: TrialRunner, seeds: int) -> SearchFindings:
    """Learn from the trials, and run what was learned beside uniform and proportional weights under several seeds."""
    lessons = learn_weights(state)
    trials = {
        name: [[_trial(runner, mix, CONFIRMING + seed) for mix in arm.by_fold] for seed in range(seeds)]
        for name, arm in lessons.arms.items()
    }
    wanted = [trial for by_seed in trials.values() for by_fold in by_seed for trial in by_fold]
    ui.tell(f"confirming: {len(wanted) // seeds} mixes under {seeds} seeds")
    for _ in runner.waves(wanted, "Confirming runs"):
        continue
    confirmed = {
        name: [
            [losses_of(runner.setup.call.store, _product(runner, trial), state) for trial in by_fold]
            for by_fold in by_seed
        ]
        for name, by_seed in trials.items()
    }
    return conclude(state, lessons, confirmed)
