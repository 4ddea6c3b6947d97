"""From the sources to one checked, weighted mix."""

import math
from collections.abc import Iterator, Mapping

from flows.engine.calls import Call, RunProducts, StageProducts
from flows.steps.sources import read_sources
from tasks.augment.task import augment_mix, probe_augmenter
from tasks.check.task import check_mix, check_source, gate_checks
from tasks.clean.task import clean_source
from tasks.core.layout import Layout
from tasks.decontaminate.task import clear_of_sets, decontaminate_pool
from tasks.deduplicate.task import deduplicate_sources, drop_near_duplicates, drop_semantic_duplicates
from tasks.embed.task import embed_source, probe_encoder
from tasks.experiments.search.task import recall_weights
from tasks.history.task import count_spent, find_earlier
from tasks.ingest.task import ingest_source, probe_source
from tasks.label.task import label_rows
from tasks.manifests.check import CheckResult
from tasks.manifests.labelled import AnswersFacts
from tasks.manifests.manifest import Manifest
from tasks.manifests.plan import PlanFacts
from tasks.manifests.pool import MixFacts, PoolFacts
from tasks.manifests.rows import CleanedFacts, SnapshotFacts
from tasks.manifests.seen import Fingerprint
from tasks.manifests.weights import WeightsFacts
from tasks.mix.task import part_pool, plan_mix, redraw_plan, write_mix
from tasks.personal.task import protect_source
from tasks.predict.task import ask_labeller, probe_labeller
from tasks.profile.task import measure_drift, profile_mix
from tasks.recipe.measured_on import AGAINST, SETS, OverlapSettings
from tasks.recipe.mix import WeighSettings
from tasks.recipe.model import ALL_TEXTS, LoadedRecipe, Recipe, SourceCleaning, SourceSettings
from tasks.recipe.stages import TrainingStage
from tasks.sift.task import select_rows, sift_pool
from tasks.weigh.task import appraise_sources, learn_source, weigh_sources


def blend(loaded: LoadedRecipe, call: Call, made: RunProducts) -> Iterator[str]:
    """Call the tasks that make the mix; yield the name of each stage once its tasks are called."""
    labellers = _labellers(loaded, call)
    loaded, raw = read_sources(loaded, call, made)
    recipe = loaded.recipe
    snapshots = [*raw.values()]
    earlier = call(find_earlier.of("sources"), call.store, recipe.name, snapshots)
    drift = made.drift = call(measure_drift.of("sources"), snapshots, earlier, recipe.seed)
    yield "ingest"
    made.cleaned = _cleaned(recipe, raw, call)
    made.sets = _measured_on(loaded, SETS, recipe.sets, recipe.layout, recipe.clean.of_sets, call)
    yield "clean"
    made.pool = _pool(loaded, made, labellers, call)
    yield "deduplicate"
    checked = made.pool
    pools = {name: checked if name in recipe.mixed else made.unlabelled for name in recipe.sources}
    made.checks = [
        call(check_source.of(name), pool, recipe.checks.asked, drift)
        for name, pool in pools.items()
        if pool is not None
    ]
    made.verdicts = call(gate_checks.of("sources"), "sources", made.checks, recipe.checks)
    if recipe.mix.select:
        made.pool = call(select_rows.of("pool"), checked, recipe.mix.select, recipe.seed)
    yield "check"
    plans = [planned(loaded, stage, made, call) for stage in recipe.stages]
    made.stages = [StageProducts(stage, *plan) for stage, plan in zip(recipe.stages, plans, strict=True)]
    yield "plan"
    mixes, checks = list[Manifest[MixFacts]](), list[Manifest[CheckResult]]()
    for products, (pool, _, plan) in zip(made.stages, plans, strict=True):
        stage, name = products.stage, products.stage.named("mix")
        there = {*recipe.mixed, *stage.sources}
        media = [raw[source] for source, said in recipe.sources.items() if said.media and source in there]
        mix = call(write_mix.of(name), pool, plan, stage.mix.shard_rows, media)
        mix = products.mix = augmented(loaded, stage, mix, made.sets, recipe.seed, call)
        products.mix_check = call(check_mix.of(name), mix, recipe.checks.asked)
        mixes.append(mix)
        checks.append(products.mix_check)
    made.mix_verdict = call(gate_checks.of("mix"), "mix", checks, recipe.checks)
    labelled = [raw[name] for name in recipe.mixed]
    made.profile = call(profile_mix.of("mix"), labelled, plans[-1][0], mixes[-1], recipe.seed)
    yield "mix"


def planned(
    loaded: LoadedRecipe, stage: TrainingStage, made: RunProducts, call: Call
) -> tuple[Manifest[PoolFacts], Manifest[WeightsFacts], Manifest[PlanFacts]]:
    """Plan the mix of a stage of training; gives the rows that it may take, its weights, and the plan."""
    recipe, name = loaded.recipe, stage.named("mix")
    pool = _pool_of(recipe, stage, made, call)
    weights = weigh(recipe, stage.mix.weighing, pool, call, made, name)
    counts = recipe.mix.max_total_epochs is not None
    spent = call(count_spent.of("mix"), call.store, loaded.published, pool) if counts else None
    return pool, weights, call(plan_mix.of(name), pool, weights, stage.mix.plan, stage.epochs, recipe.seed, spent)


def _pool_of(recipe: Recipe, stage: TrainingStage, made: RunProducts, call: Call) -> Manifest[PoolFacts]:
    """Give what a stage may learn from, and what is kept aside of the recipe's mix."""
    if made.pool is None:
        raise RuntimeError("a stage begins before the pool")
    if {*stage.sources} == {*recipe.mixed}:
        return made.pool
    there = tuple(name for name in recipe.sources if name in recipe.mixed or name in stage.sources)
    unlabelled = made.unlabelled if not {*stage.sources} <= {*recipe.mixed} else None
    pools = [made.pool, *([unlabelled] if unlabelled is not None else [])]
    layout = recipe.layout if unlabelled is None else recipe.layout.without_labels
    return call(part_pool.of(f"stage {stage.number}"), pools, there, stage.sources, layout)


def augmented(
    loaded: LoadedRecipe,
    stage: TrainingStage,
    mix: Manifest[MixFacts],
    sets: list[Manifest[CleanedFacts]],
    seed: int,
    call: Call,
) -> Manifest[MixFacts]:
    """Add rows to the mix that are made from its own and match none that is measured on, where the recipe says so and
    the stage learns the recipe's task.
    """
    ways = loaded.recipe.augment if stage.objective == loaded.recipe.objective else None
    for wanted in ways or ():
        seen = call(probe_augmenter.of(wanted.kind), wanted, loaded.folder)
        mix = call(augment_mix.of(stage.named("mix")), seen, mix, sets, wanted, seed, loaded.folder)
    return mix


def redrawn(
    loaded: LoadedRecipe,
    stage: TrainingStage,
    pool: Manifest[PoolFacts],
    plan: Manifest[PlanFacts],
    sets: list[Manifest[CleanedFacts]],
    seed: int,
    call: Call,
) -> list[Manifest[MixFacts]]:
    """Draw the mix anew from the pool for each epoch of training after the first, where the recipe says so."""
    settings, mixes = stage.settings, list[Manifest[MixFacts]]()
    for epoch in range(1, math.ceil(settings.epochs) if settings and settings.resample else 1):
        name = f"epoch {epoch + 1}" if stage.is_last else f"stage {stage.number} epoch {epoch + 1}"
        again = call(redraw_plan.of(name), pool, plan, epoch)
        mix = call(write_mix.of(name), pool, again, stage.mix.shard_rows)
        mixes.append(augmented(loaded, stage, mix, sets, seed, call))
    return mixes


def _cleaned(recipe: Recipe, raw: dict[str, Manifest[SnapshotFacts]], call: Call) -> list[Manifest[CleanedFacts]]:
    """Clean every source, and protect the people in it where the recipe says so."""
    cleaned = {name: call(clean_source.of(name), raw[name], recipe.clean.of(name)) for name in recipe.sources}
    if recipe.personal is None:
        return [*cleaned.values()]
    return [call(protect_source.of(name), rows, recipe.personal.of(name)) for name, rows in cleaned.items()]


def _labellers(loaded: LoadedRecipe, call: Call) -> dict[str, Fingerprint]:
    """See the published models that label rows, by the source that each is asked about."""
    recipe, folder = loaded.recipe, loaded.folder
    wanted = {name: how.teacher for name, how in recipe.labelling.items() if how.teacher and how.teacher.model}
    return {
        name: call(probe_labeller.of(name), call.store, teacher, recipe.objective, folder)
        for name, teacher in wanted.items()
    }


def _answers(
    loaded: LoadedRecipe, pool: Manifest[PoolFacts], seen: Mapping[str, Fingerprint], call: Call
) -> list[Manifest[AnswersFacts]]:
    """Ask published models about the rows that they are to label, and about some with labels, which say how good they
    are.
    """
    made = loaded.recipe.labelling
    return [
        call(ask_labeller.of(name), known, pool, made[name], [*made], loaded.folder)
        for name, known in seen.items()
        if name in made
    ]


def _pool(loaded: LoadedRecipe, made: RunProducts, seen: Mapping[str, Fingerprint], call: Call) -> Manifest[PoolFacts]:
    """Put the sources into one pool, and take out of it what the recipe says; those that stay without labels are then
    a pool of their own.

    Args:
        seen: source -> the published model that labels its rows.
    """
    recipe, cleaned, sets = loaded.recipe, made.cleaned, made.sets
    pool = call(deduplicate_sources.of("pool"), cleaned, recipe.holdout, recipe.seed)
    if told := recipe.decontaminate:
        benchmarks = _measured_on(loaded, AGAINST, told.against, recipe.layout.unlabelled, ALL_TEXTS, call)
        pool = call(decontaminate_pool.of("pool"), pool, benchmarks, told.overlap, recipe.seed)
    if sets:
        overlap = told.overlap if told else OverlapSettings()
        pool = call(clear_of_sets.of("pool"), pool, sets, overlap, recipe.seed)
    if recipe.near_duplicates:
        pool = call(drop_near_duplicates.of("pool"), pool, recipe.near_duplicates, recipe.seed)
    if wanted := recipe.semantic_duplicates:
        known = call(probe_encoder.of("encoder"), wanted.encoder, loaded.folder)
        embedded = [
            call(embed_source.of(name), known, rows, wanted.encoder, loaded.folder)
            for name, rows in zip(recipe.sources, cleaned, strict=True)
        ]
        pool = call(drop_semantic_duplicates.of("pool"), pool, embedded, wanted.threshold, recipe.seed)
    if unlabelled := tuple(name for name in recipe.sources if name not in recipe.mixed):
        bare, mixed = recipe.layout.without_labels, tuple(recipe.mixed)
        made.unlabelled = call(part_pool.of("unlabelled"), [pool], unlabelled, unlabelled, bare)
        pool = call(part_pool.of("pool"), [pool], mixed, mixed, recipe.layout)
    if recipe.labelling:
        told = (recipe.labelling, recipe.layout, recipe.trials.linear, recipe.seed)
        pool = call(label_rows.of("pool"), pool, *told, _answers(loaded, pool, seen, call))
    for judge in recipe.sift:
        pool = call(sift_pool.of("pool"), pool, judge, recipe.seed)
    return pool


def weigh(
    recipe: Recipe,
    wanted: WeighSettings,
    pool: Manifest[PoolFacts],
    call: Call,
    made: RunProducts,
    name: str = "mix",
) -> Manifest[WeightsFacts]:
    """Settle the weights, and before them what they want to know of the sources beyond their sizes.

    Args:
        name: of what they are the weights.
    """
    probed = recipe.mixed if wanted.trains_probes else ()
    probes = [call(learn_source.of(name), pool, recipe.labels, recipe.seed) for name in probed]
    appraised = [
        call(appraise_sources.of("mix"), pool, made.checks, probes, weights, recipe.labels, recipe.seed)
        for weights in wanted.to_appraise
    ]
    appraised += [
        call(recall_weights.of("mix"), call.store, recipe.name, made.cleaned, weights, wanted.unit)
        for weights in wanted.to_recall
    ]
    return call(weigh_sources.of(name), pool, made.verdicts, wanted, appraised)


def _measured_on(
    loaded: LoadedRecipe,
    section: str,
    named: Mapping[str, SourceSettings],
    layout: Layout,
    cleaning: SourceCleaning,
    call: Call,
) -> list[Manifest[CleanedFacts]]:
    """Read benchmarks, or evaluation sets, as sources are read, never to be mixed; of their texts only the empty ones
    are dropped, and personal data in them is replaced as in the sources.

    Args:
        section: of the recipe that names them.
    """
    folder, personal = loaded.folder, loaded.recipe.personal
    seen = {name: call(probe_source.of(name), name, source, folder) for name, source in named.items()}
    raw = {
        name: call(ingest_source.of(name), seen[name], source, layout, folder, section)
        for name, source in named.items()
    }
    cleaned = {name: call(clean_source.of(name), rows, cleaning) for name, rows in raw.items()}
    if personal is None:
        return [*cleaned.values()]
    return [call(protect_source.of(name), rows, personal.of_benchmark(layout)) for name, rows in cleaned.items()]
