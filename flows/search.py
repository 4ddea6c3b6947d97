"""Learn the weights: trials in rounds → a surrogate → a confirming run → weights, with an interval or without.

Reads a recipe. Writes `snapshots/` and `searches/<name>/` of the store; `mix.weights: learned` uses what is found.
Shows in the
Prefect UI: the weights, what the confirming run says, a link to the report.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from prefect import flow
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from flows.engine.calls import Made, Submitted
from flows.engine.home import store_uri
from flows.engine.interrupt import interruptible
from flows.steps.trial_setup import Bench, bench_for
from tasks.core import ui
from tasks.core.errors import TrainingFailed
from tasks.experiments.search.task import (
    Quest,
    begin_search,
    conclude,
    halves_of,
    learn_weights,
    next_mixes,
    note_trial,
    record_search,
    terms_of,
)
from tasks.manifests.manifest import Manifest
from tasks.publish.task import begin_run
from tasks.recipe.model import load_recipe
from tasks.report.task import report_search
from tasks.store.storage import open_store

CONFIRMING = 1_000
"""Seeds from here on are those of confirming runs, so that none has been seen by a trial."""


@flow(name="search", task_runner=ThreadPoolTaskRunner(max_workers=16), persist_result=False)  # pyright: ignore[reportCallIssue, reportArgumentType]
def search(
    recipe: str,
    store: str | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    overrides: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Try mixes of the recipe's sources, learn which is best, and confirm it against uniform and proportional weights.

    Args:
        recipe: Path of the recipe, from the folder the run starts in.
        store: Folder or URL that everything is kept in; empty for the one that CUVEE_STORE names, else ./cuvee-store.
        trials: Most mixes that are tried, in place of the recipe's `search.trials`.
        minutes: No trial begins later than this after the first, in place of `search.minutes`.
        overrides: More values over the recipe's, by dotted path, such as {"search.target": "news"}.
    """
    typed = {
        name: value for name, value in {"search.trials": trials, "search.minutes": minutes}.items() if value is not None
    }
    loaded = load_recipe(recipe, (overrides or {}) | typed)
    home = open_store(store_uri(store))
    home.ensure_writable()
    start, calls = begin_run(loaded.published), Submitted(home.uri)
    began = time.monotonic()
    with interruptible():
        where = bench_for("search.target", loaded.recipe.search.target, loaded, home.uri, calls, Made())
        calls.finish()
        tries = Tries(replace(where, call=(runs := Submitted(home.uri, quiet=True))), runs)
        quest = begun(where)
        explore(quest, tries, loaded.recipe.search.minutes)
        found = confirm(quest, tries, loaded.recipe.search.seeds)
    known = {
        "search": start.run,
        "name": start.name,
        "started": start.started,
        "seconds": round(time.monotonic() - began, 1),
    }
    found = (
        known
        | found
        | {"flow_run_id": str(flow_run.id), "sources": list(quest.ground.sources), "unit": loaded.recipe.mix.unit}
    )
    found["report"] = report_search(home.uri, found)
    record_search(home.uri, start.name, start.run, loaded.recipe.mix.unit, quest, found)
    return found


def begun(where: Bench) -> Quest:
    """Lay out what is searched."""
    recipe, made = where.loaded.recipe, where.made.resolved()
    pool: Manifest = made.pool
    mix, epochs = recipe.mix, recipe.train.epochs if recipe.train else 1.0
    out = {one.subject for one in made.verdicts if one.factor == 0} | {
        one.source for one in pool.accounts if not one.rows
    }
    rows = where.size if mix.unit == "rows" else where.size * pool.rows / pool.tokens
    terms = terms_of(
        unit=mix.unit,
        budget=None if mix.size == "all" else mix.size,
        copies=mix.max_epochs / epochs,
        floors=mix.floors,
        ceilings=mix.ceilings,
        out=frozenset(out),
        trial_rows=rows,
        search=recipe.search,
        setting=where.setting,
        seed=recipe.seed,
    )
    return begin_search(where.store, recipe.name, pool, made.cleaned, terms)


@dataclass(frozen=True)
class Tries:
    """Trials as task runs of their own, so that one that fails leaves the others alone."""

    where: Bench
    runs: Submitted

    def __call__(self, wanted: Mapping[str, tuple[Mapping[str, float], int]]) -> dict[str, Manifest | TrainingFailed]:
        """Try mixes out, several at a time.

        Args:
            wanted: name of the trial -> its mix and seed.
        """
        promised = {
            name: self.where.try_out(name, self.where.weights(dict(mix)), seed) for name, (mix, seed) in wanted.items()
        }
        return {name: self._outcome(name, promise) for name, promise in promised.items()}

    def _outcome(self, name: str, promise: Any) -> Manifest | TrainingFailed:
        promise.wait()
        if promise.state.is_completed():
            return promise.result()
        ended = [
            future.state
            for _, subject, future in self.runs.runs
            if subject == name and (future.state.is_failed() or future.state.is_crashed())
        ]
        error = next((state.result(raise_on_failure=False) for state in ended), None)
        if isinstance(error, TrainingFailed):
            return error
        raise error if isinstance(error, Exception) else RuntimeError(f"{name} did not end: {promise.state.name}")


def explore(quest: Quest, tries: Tries, minutes: float | None) -> None:
    """Carry out the rounds of trials; ends early when time is up, or when the noise exceeds what the mix does."""
    ends = time.monotonic() + 60 * minutes if minutes else float("inf")
    for number, _ in enumerate(quest.sizes):
        mixes = next_mixes(quest, number)
        if mixes is None:
            quest.course.stopped = (
                "no more trials were made: runs on the same mix differ as much as runs on different ones"
            )
            return
        before = sum(quest.sizes[:number])
        quest.course.rounds.append([])
        names = {f"trial-{before + at + 1:02}": (mix, before + at) for at, mix in enumerate(mixes)}
        if not _tried(quest, tries, names, ends):
            done, wanted = len(quest.course.own), sum(quest.sizes)
            quest.course.stopped = f"{done} of {wanted} trials were made: the {minutes:g} minutes were over"
            return


def _tried(quest: Quest, tries: Tries, names: Mapping[str, tuple[Mapping[str, float], int]], ends: float) -> bool:
    """Try the mixes of a round, a few at a time; gives whether there was time for all."""
    store, recipe, step = tries.where.store, tries.where.loaded.recipe.name, 2 * (os.cpu_count() or 1)
    waiting = list(names)
    for start in range(0, len(waiting), step):
        if quest.course.own and time.monotonic() > ends:
            return False
        few = {name: names[name] for name in waiting[start : start + step]}
        for name, made in tries(few).items():
            try:
                trial = note_trial(store, recipe, quest, made, name, *few[name])
            except TrainingFailed as error:
                quest.course.left_out[name] = str(error)
                ui.tell(f"{name}  left out: {error}")
            else:
                quest.course.rounds[-1].append(trial)
                mix = "  ".join(f"{source} {share:.2f}" for source, share in trial.mix.items() if share > 0)
                ui.tell(
                    f"{name} of {sum(quest.sizes)}  loss {quest.ground.cost(trial.costs):.4f}  {trial.seconds:.1f} "
                    f"s  {mix}"
                )
    return True


def confirm(quest: Quest, tries: Tries, seeds: int) -> dict[str, Any]:
    """Learn from the trials, and run what was learned beside uniform and proportional weights under several seeds."""
    runs, learned, arms = learn_weights(quest)
    ui.tell(f"confirming: {len(arms)} mixes under {seeds} seeds" if arms else "nothing to confirm")
    wanted = {f"{name} {at + 1}": (mix, CONFIRMING + at) for name, mix in arms.items() for at in range(seeds)}
    made = tries(wanted)
    if failed := [one for one in made.values() if isinstance(one, TrainingFailed)]:
        raise failed[0]
    ended = {name: one for name, one in made.items() if isinstance(one, Manifest)}
    halves = {
        name: [halves_of(tries.where.store, ended[f"{name} {at + 1}"], quest.seed) for at in range(seeds)]
        for name in arms
    }
    return conclude(quest, runs, learned, {name: (mix, halves[name]) for name, mix in arms.items()})
