"""The face of the search stage. The work is in elsewhere.py for runs made elsewhere, and in the modules beside for a
search of our own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from threadpoolctl import threadpool_limits

from tasks.core.errors import TrainingFailed
from tasks.core.records import Section
from tasks.experiments.search import keep
from tasks.experiments.search.confirm import Arm
from tasks.experiments.search.costs import Half, read_halves
from tasks.experiments.search.elsewhere import fit_files, plain
from tasks.experiments.search.fit import Learned, Runs, learn
from tasks.experiments.search.found import tell
from tasks.experiments.search.ground import Terms, lay_ground
from tasks.experiments.search.quest import Quest, begin
from tasks.experiments.search.recommend import Means, recommend
from tasks.experiments.search.settings import SearchSettings
from tasks.experiments.search.trials import Trial, runs_of
from tasks.experiments.search.verdict import ARMS, arms_of
from tasks.manifests.manifest import Account, Manifest
from tasks.store.products import RETRIES
from tasks.store.storage import open_store

Confirmed = tuple[Mapping[str, float], Sequence[tuple[Half, Half]]]
"""A mix, and for each seed the two halves of its predictions."""


def fit_runs(
    mixtures: str,
    scores: str,
    target: str,
    predict: str | None = None,
    prior: str | None = None,
    *,
    higher_is_better: bool = False,
) -> dict[str, Any]:
    """Learn weights from tables of runs made elsewhere; no task, since nothing is made."""
    return fit_files(mixtures, scores, target, predict, prior, higher_is_better=higher_is_better)


def begin_search(store: str, name: str, pool: Manifest, cleaned: Sequence[Manifest], terms: Terms) -> Quest:
    """Lay out what is searched, and find the trials of earlier searches; no task, since it is arithmetic."""
    home = open_store(store)
    return begin(
        lay_ground(pool.accounts, terms), terms, cleaned, keep.read_trials(home, name), keep.read_latest(home, name)
    )


def advise(
    store: str,
    name: str,
    accounts: Sequence[Account],
    settings: SearchSettings,
    target: str | None,
    steps: int,
    *,
    generates: bool,
) -> dict[str, str]:
    """Name the way of setting the weights that fits what the user has; no task, since it only looks."""
    filled = {one.source: one for one in accounts if one.rows}
    asked = [filled[target]] if target in filled else list(filled.values())
    took = [trial.seconds for trial in keep.read_trials(open_store(store), name) if trial.seconds]
    fewest = {field: min((getattr(one, field) for one in asked), default=0) for field in ("rows", "holdout")}
    trials, seconds = settings.most_trials(len(filled)) + ARMS * settings.seeds, sum(took) / len(took) if took else None
    means = Means(
        len(filled), target, fewest["rows"], fewest["holdout"], seconds, trials, settings.minutes, steps, generates
    )
    way, why = recommend(means)
    return {"method": way, "why": why}


def terms_of(**what: Any) -> Terms:
    """Say what the recipe asks of a mix."""
    return Terms(**what)


def next_mixes(quest: Quest, number: int) -> list[dict[str, float]] | None:
    """Give the mixes of a round, counted from 0; None when more trials would show nothing."""
    with threadpool_limits(1):  # small matrices: threads cost more than they save
        return quest.mixes(number)


def note_trial(
    store: str,
    recipe: str,
    quest: Quest,
    made: Manifest | TrainingFailed,
    name: str,
    mix: Mapping[str, float],
    seed: int,
) -> Trial:
    """Read what a trial cost and note it in the store; one that failed, or whose losses are no numbers, raises
    TrainingFailed.
    """
    if isinstance(made, TrainingFailed):
        raise made
    home = open_store(store)
    trial = quest.noted(made, name, mix, seed, halves_of(store, made, quest.seed)[0])
    keep.write_trial(home, recipe, trial)
    return trial


def halves_of(store: str, made: Manifest, seed: int) -> tuple[Half, Half]:
    """Read a trial's predictions: the half of the hold-out to choose by, and the half to judge by."""
    return read_halves(open_store(store).open(made, "predictions.parquet"), seed)


def learn_weights(quest: Quest) -> tuple[Runs, Learned, dict[str, dict[str, float]]]:
    """Learn from all trials; gives also the mixes to confirm, by name."""
    quest.refuse_too_few()
    runs = runs_of(quest.ground, quest.course.known, quest.seed)
    with threadpool_limits(1):
        learned = learn(runs)
    return runs, learned, arms_of(quest.ground, runs, learned)


def conclude(quest: Quest, runs: Runs, learned: Learned, arms: Mapping[str, Confirmed]) -> dict[str, Any]:
    """Say what was found."""
    told = {
        name: Arm(name, mix, [one for one, _ in halves], [other for _, other in halves])
        for name, (mix, halves) in arms.items()
    }
    return plain(tell(quest.ground, quest.course, runs, learned, told))


@task(name="record-search", task_run_name="record-search", cache_policy=NO_CACHE, **RETRIES)
def record_search(store: str, name: str, search: str, unit: str, quest: Quest, found: dict[str, Any]) -> None:
    """Keep what was found; the pointer that `mix.weights: learned` follows is written last."""
    interval = {one["baseline"]: tuple(one["interval"]) for one in found["confirmed"]["against"]}
    said = {field: found[field] for field in ("outcome", "sentence", "weights")}
    kept = keep.Kept(
        search=search, identity=quest.identity, unit=unit, interval=interval, fingerprints=dict(quest.snapshots), **said
    )
    keep.write_found(open_store(store), name, found, kept)


@task(name="recall-weights", task_run_name="recall-{subject}", cache_policy=NO_CACHE, **RETRIES)
def recall_weights(subject: str, store: str, name: str, cleaned: list[Manifest], asked: Section, unit: str) -> Manifest:  # noqa: ARG001
    """Find the weights that the last search of this recipe has learned, if the data are still those."""
    return keep.recall(open_store(store), name, cleaned, asked, unit)
