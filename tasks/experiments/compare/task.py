"""Prefect tasks of the comparing stage. The work is in analysis.py (numbers), record.py and the files beside."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from tasks.core.records import Objective
from tasks.core.tasks import task
from tasks.experiments.compare import arms, beforehand, curves, leakage, valuation_trials
from tasks.experiments.compare.analysis import analyse
from tasks.experiments.compare.inputs import CoalitionGame, ComparisonInputs, MixTrials
from tasks.experiments.compare.record import ComparisonRun, comparison_record
from tasks.experiments.compare.settings import CompareSettings
from tasks.experiments.comparison import COMPARISONS, Comparison, Findings, Foresight, comparison_folder
from tasks.experiments.mixes import Mix
from tasks.manifests.leak import LeakFacts
from tasks.manifests.manifest import Account, Manifest, Product
from tasks.manifests.pool import PoolFacts
from tasks.manifests.rows import CleanedFacts
from tasks.manifests.scores import Metrics, PredictionFacts, ScoresFacts
from tasks.objectives.parts import measures_of
from tasks.rows.layout import RowFile, layout_of
from tasks.rows.pool import open_sides
from tasks.store.found import read_record, record_paths
from tasks.store.products import Workbench, stage_task
from tasks.store.runs import RunStart
from tasks.store.storage import open_store


def choose_arms(
    names: Sequence[str] | None,
    sources: Sequence[str],
    own: Iterable[str],
    target: str | None,
    without: Collection[str],
) -> list[str]:
    """Say which arms are compared; no task, since nothing is made."""
    return arms.arms_wanted(names, sources, own, target, without)


def merge_arms(mixes: Mapping[str, Mix]) -> dict[str, tuple[str, ...]]:
    """Find arms of equal mixes: the name to go by -> the other ones."""
    return arms.arms_merged(mixes)


def ask_values(
    mix: Mix, settings: CompareSettings, seed: int, *, full: bool
) -> tuple[CoalitionGame | None, dict[str, list[Mix]]]:
    """Say how Shapley values are made, and which mixes each value asks for."""
    game = valuation_trials.coalition_game(mix, settings, seed, full=full)
    return game, valuation_trials.mixes_needed(mix, settings, game)


def comparison_inputs(
    ended: Mapping[Mix, int],
    names: Mapping[Mix, str],
    recipe: Mix,
    settings: CompareSettings,
    game: CoalitionGame | None,
    sets: Sequence[str],
    growing_mixes: Mapping[str, tuple[Mix, ...]],
) -> ComparisonInputs:
    """Say what is to be worked out of the trials that came to an end."""
    trials = tuple(MixTrials(mix=mix, seeds=count, name=names.get(mix, "")) for mix, count in ended.items())
    asked = settings.model_dump(include={"target", "values", "confidence", "margin", "resamples"})
    return ComparisonInputs(
        trials=trials, recipe=recipe, game=game, sets=tuple(sets), curves=dict(growing_mixes), **asked
    )


def growing(mixes: Mapping[str, Mix], sizes: Sequence[int], held: Mapping[str, float]) -> dict[str, tuple[Mix, ...]]:
    """Give every arm's mix under growing budgets."""
    return curves.curve_mixes(mixes, sizes, held)


def foresee(
    store: str,
    name: str,
    objective: Objective,
    settings: CompareSettings,
    rows: Mapping[str, int],
    sources: Collection[str],
    arms: Mapping[bool, int],
) -> Foresight | None:
    """Say what a comparison of these mixes can see, by what the newest one of the recipe has seen; no task, since it is
    arithmetic.

    Args:
        rows: source, or evaluation set -> its rows that are measured on.
        sources: those of them that are mixed.
        arms: how many are one source alone (true), and how many are several together.
    """
    home, measure = open_store(store), measures_of(objective.task).compared
    paths = record_paths(home, COMPARISONS, name)
    newest = read_record(home, paths[0], Comparison) if paths else None
    holdout = {source: rows[source] for source in sources if source in rows}
    target = rows.get(settings.target, 0) if settings.target else None
    asked = beforehand.Asked(holdout, arms[True], arms[False], settings.seeds, settings.confidence, measure, target)
    return beforehand.foresight(asked, newest if newest and newest.metric == measure.key else None)


def foreseen_in_words(found: Foresight | None) -> list[str]:
    """Say what a comparison can see; nothing where nothing is known."""
    return beforehand.in_words(found) if found else []


@stage_task("leak")
def find_leak(work: Workbench, target: str, sources: list[Manifest[CleanedFacts]]) -> Product[LeakFacts]:
    """Say how much of the target stands in each other source."""
    texts = {
        rows.subject: leakage.SourceTexts(
            RowFile(work.open(rows, "data.parquet"), layout_of(rows)), work.open(rows, "keys.parquet")
        )
        for rows in sources
    }
    return Product(facts=leakage.contained(texts.pop(target), texts))


def refuse_leak(setting: str, target: str, leak: Manifest[LeakFacts]) -> None:
    """Refuse a target most of which stands in another source; no task, so that a cached finding is refused, too."""
    leakage.refuse_leak(setting, target, leak.facts)


@stage_task("compare")
def judge_trials(
    work: Workbench,
    trials: list[Manifest[PredictionFacts]],
    pool: Manifest[PoolFacts],
    inputs: ComparisonInputs,
    objective: Objective,
    seed: int,
) -> Product[Findings]:
    """Work out scores, differences and values of trials."""
    files = [work.open(trial, "predictions.parquet") for trial in trials]
    facts, measure = trials[0].facts, measures_of(objective.task).compared
    metrics = facts.metrics if isinstance(facts, ScoresFacts) else Metrics()
    beaten = {name: measure.to_beat(score) for name, score in {**metrics.by_source, "all": metrics}.items()}
    known = {name: measure.score(value) for name, value in beaten.items() if value is not None}
    guessed = known.pop("all", None)
    found = analyse(files, open_sides(work, pool), inputs, objective, guessed, known, seed)
    return Product(rows=len(trials), facts=found)


def conclude(
    start: RunStart, run: ComparisonRun, judged: Manifest[Findings] | None, accounts: Sequence[Account]
) -> Comparison:
    """Put the record together, with the verdict."""
    findings = judged.facts if judged else Findings(metric=measures_of(start.recipe["task"]).compared.key)
    return comparison_record(start, run, findings, accounts)


@task()
def record_comparison(store: str, comparison: Comparison) -> Comparison:
    """Write what the comparison says of itself; gives the record with its place."""
    home, path = open_store(store), f"{comparison_folder(comparison)}/comparison.json"
    placed = comparison.model_copy(update={"uri": home.where(path)})
    home.write_json(path, placed.model_dump(mode="json"))
    return placed
