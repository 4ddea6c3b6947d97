"""The face of the search stage. The work is in fit_tables.py for runs made elsewhere, and in the modules beside for a
search of our own.
"""

from collections.abc import Collection, Mapping, Sequence

from threadpoolctl import threadpool_limits

from tasks.core.records import Section
from tasks.core.tasks import task
from tasks.experiments.search import archive
from tasks.experiments.search.choice import choose, chosen
from tasks.experiments.search.confirm import ConfirmingRuns
from tasks.experiments.search.fit import learn
from tasks.experiments.search.fit_tables import Tables, fit_files
from tasks.experiments.search.recommend import Resources, recommend
from tasks.experiments.search.record import search_findings
from tasks.experiments.search.row_losses import FOLDS, RowLosses, crossed, read_losses
from tasks.experiments.search.settings import SearchSettings
from tasks.experiments.search.space import Constraints, search_space
from tasks.experiments.search.state import SearchState, begin
from tasks.experiments.search.trials import Trial
from tasks.experiments.search.verdict import CONFIRMED, Lessons, arms_of
from tasks.experiments.search_record import FitRecord, SearchFindings, SearchRecord
from tasks.manifests.manifest import Account, Manifest
from tasks.manifests.pool import PoolFacts
from tasks.manifests.rows import CleanedFacts
from tasks.manifests.weights import EvidenceFacts
from tasks.objectives.parts import measures_of
from tasks.store.storage import open_store


def fit_runs(tables: Tables) -> FitRecord:
    """Learn weights from tables of runs made elsewhere; no task, since nothing is made."""
    return fit_files(tables)


def begin_search(
    store: str,
    name: str,
    pool: Manifest[PoolFacts],
    cleaned: Sequence[Manifest[CleanedFacts]],
    constraints: Constraints,
) -> SearchState:
    """Lay out what is searched, and find the trials of earlier searches; no task, since it is arithmetic."""
    home = open_store(store)
    earlier, last = archive.read_trials(home, name), archive.read_latest(home, name)
    return begin(search_space(pool.accounts, constraints), constraints, cleaned, earlier, last)


def advise(
    store: str,
    name: str,
    accounts: Sequence[Account],
    settings: SearchSettings,
    target: str | None,
    steps: int,
    *,
    generates: bool,
    labelled: Collection[str] = (),
) -> dict[str, str]:
    """Name the way of setting the weights that fits what the user has; no task, since it only looks.

    Args:
        labelled: sources with made labels, of which no row is kept aside.
    """
    filled = {account.source: account for account in accounts if account.rows}
    judging = [account for name, account in filled.items() if name not in labelled]
    wanted = [filled[target]] if target in filled else judging
    took = [trial.seconds for trial in archive.read_trials(open_store(store), name) if trial.seconds]
    fewest = {field: min((getattr(account, field) for account in wanted), default=0) for field in ("rows", "holdout")}
    trials, seconds = (
        settings.most_trials(len(filled)) + CONFIRMED * settings.seeds,
        sum(took) / len(took) if took else None,
    )
    resources = Resources(
        len(filled), target, fewest["rows"], fewest["holdout"], seconds, trials, settings.minutes, steps, generates
    )
    way, why = recommend(resources)
    return {"method": way, "why": why}


def last_learned(store: str, name: str) -> archive.LearnedWeights | None:
    """Read what the last search of a recipe learned; no task, since it only looks."""
    return archive.read_latest(open_store(store), name)


def next_mixes(state: SearchState, number: int) -> list[dict[str, float]]:
    """Give the mixes of a round, counted from 0."""
    with threadpool_limits(1):  # small matrices: threads cost more than they save
        return state.mixes(number)


def note_trial(
    store: str, recipe: str, state: SearchState, made: Manifest, name: str, mix: Mapping[str, float], seed: int
) -> Trial:
    """Read what a trial cost and note it in the store; one whose losses are no numbers raises TrainingFailed."""
    trial = state.noted(made, name, mix, seed, losses_of(store, made, state))
    archive.write_trial(open_store(store), recipe, trial)
    return trial


def losses_of(store: str, made: Manifest, state: SearchState) -> RowLosses:
    """Read what a trial lost on every row kept aside."""
    predictions = open_store(store).open(made, "predictions.parquet")
    return read_losses(predictions, measures_of(state.task), state.seed)


def learn_weights(state: SearchState) -> Lessons:
    """Learn from all trials, and, fold by fold, from what they show without the rows of the fold."""
    state.refuse_too_few()
    runs, *folds = (state.runs(without) for without in (None, *range(FOLDS)))
    with threadpool_limits(1):
        learned = learn(runs)
        choice = choose(runs, learned.surrogate, learned.nested)
        without = [chosen(fold) for fold in folds]
    return Lessons(runs, learned, choice, arms_of(state.space, choice, without))


def conclude(
    state: SearchState, lessons: Lessons, confirmed: Mapping[str, Sequence[Sequence[RowLosses]]]
) -> SearchFindings:
    """Say what was found.

    Args:
        confirmed: arm -> for each seed, what the mixes of its folds lost on the rows kept aside.
    """
    arms = {
        name: ConfirmingRuns(
            name,
            lessons.arms[name].mix,
            [crossed(by_fold) for by_fold in by_seed],
            crossed=len(lessons.arms[name].by_fold) > 1,
        )
        for name, by_seed in confirmed.items()
    }
    return search_findings(state.space, state.history, lessons, arms)


@task()
def record_search(store: str, state: SearchState, record: SearchRecord) -> None:
    """Keep what was found; the pointer that `mix.weights: learned` follows is written last."""
    learned = archive.LearnedWeights(
        search=record.search,
        identity=state.identity,
        interval={gain.baseline: gain.interval for gain in record.confirmed.against},
        fingerprints={name: state.snapshots[name] for name in state.space.sources},
        **record.model_dump(include={"outcome", "sentence", "weights", "unit"}),
    )
    archive.write_record(open_store(store), record, learned)


@task()
def recall_weights(
    store: str, name: str, cleaned: list[Manifest[CleanedFacts]], asked: Section, unit: str
) -> Manifest[EvidenceFacts]:
    """Find the weights that the last search of this recipe has learned, if the data are still those."""
    return archive.recall(open_store(store), name, cleaned, asked, unit)
