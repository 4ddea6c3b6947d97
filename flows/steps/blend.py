"""From the sources to one checked, weighted mix."""

from collections.abc import Iterator
from typing import Any

from flows.engine.calls import Call, Made
from flows.steps.sources import read_sources
from tasks.check.task import check_mix, check_source, gate_checks
from tasks.clean.task import clean_source
from tasks.decontaminate.task import decontaminate_pool
from tasks.deduplicate.task import deduplicate_sources, drop_near_duplicates, drop_semantic_duplicates
from tasks.embed.task import embed_source, probe_encoder
from tasks.experiments.search.task import recall_weights
from tasks.history.task import count_spent, find_earlier
from tasks.ingest.task import ingest_source, probe_source
from tasks.mix.task import plan_mix, write_mix
from tasks.personal.task import protect_source
from tasks.profile.task import measure_drift, profile_mix
from tasks.recipe.model import ALL_TEXTS, DecontaminateSettings, LoadedRecipe, Recipe, WeighSettings
from tasks.sift.task import select_rows, sift_pool
from tasks.weigh.task import appraise_sources, learn_source, weigh_sources


def blend(loaded: LoadedRecipe, store: str, call: Call, made: Made) -> Iterator[str]:
    """Call the tasks that make the mix; yield the name of each stage once its tasks are called."""
    loaded, raw = read_sources(loaded, store, call, made)
    recipe, labels = loaded.recipe, loaded.recipe.labels
    earlier = call(find_earlier, "sources", store, recipe.name, [*raw.values()])
    made.drift = call(measure_drift, store, "sources", [*raw.values()], earlier, recipe.seed)
    yield "ingest"
    cleaned = [call(clean_source, store, name, raw[name], recipe.clean.of(name)) for name in recipe.sources]
    if recipe.personal:
        cleaned = [
            call(protect_source, store, name, rows, recipe.personal.of(name))
            for name, rows in zip(recipe.sources, cleaned, strict=True)
        ]
    made.cleaned = cleaned
    yield "clean"
    made.pool = call(deduplicate_sources, store, "pool", cleaned, recipe.holdout, recipe.seed)
    if recipe.decontaminate:
        benchmarks = _benchmarks(recipe.decontaminate, loaded.folder, store, call)
        if recipe.personal:
            like_sources, names = recipe.personal.of_benchmark(), recipe.decontaminate.against
            benchmarks = [
                call(protect_source, store, name, rows, like_sources)
                for name, rows in zip(names, benchmarks, strict=True)
            ]
        made.pool = call(
            decontaminate_pool, store, "pool", made.pool, benchmarks, recipe.decontaminate.overlap, recipe.seed
        )
    if recipe.near_duplicates:
        made.pool = call(drop_near_duplicates, store, "pool", made.pool, recipe.near_duplicates, recipe.seed)
    if recipe.semantic_duplicates:
        encoder, folder = recipe.semantic_duplicates.encoder, loaded.folder
        known = call(probe_encoder, "encoder", encoder, folder)
        embedded = [
            call(embed_source, store, name, known, rows, encoder, folder)
            for name, rows in zip(recipe.sources, cleaned, strict=True)
        ]
        made.pool = call(
            drop_semantic_duplicates,
            store,
            "pool",
            made.pool,
            embedded,
            recipe.semantic_duplicates.threshold,
            recipe.seed,
        )
    for judge in recipe.sift:
        made.pool = call(sift_pool, store, "pool", made.pool, judge, recipe.seed)
    yield "deduplicate"
    made.checks = [
        call(check_source, store, name, made.pool, recipe.checks, labels, made.drift) for name in recipe.sources
    ]
    made.verdicts = call(gate_checks, "sources", made.checks, recipe.checks)
    if recipe.mix.select:
        made.pool = call(select_rows, store, "pool", made.pool, recipe.mix.select, recipe.seed)
    yield "check"
    made.weights = weigh(recipe, recipe.mix.weighing, store, call, made)
    epochs = recipe.train.epochs if recipe.train else 1.0
    spent = [call(count_spent, "mix", store, loaded.published, made.pool)] if recipe.mix.max_total_epochs else []
    made.plan = call(plan_mix, store, "mix", made.pool, made.weights, recipe.mix.plan, epochs, recipe.seed, *spent)
    yield "plan"
    media = [raw[name] for name, source in recipe.sources.items() if source.media]
    made.mix = call(write_mix, store, "mix", made.pool, made.plan, recipe.mix.plan, *([media] if media else []))
    made.mix_check = call(check_mix, store, "mix", made.mix, recipe.checks, labels)
    made.mix_verdict = call(gate_checks, "mix", [made.mix_check], recipe.checks)
    made.profile = call(profile_mix, store, "mix", [*raw.values()], made.pool, made.mix, recipe.seed)
    yield "mix"


def weigh(recipe: Recipe, wanted: WeighSettings, store: str, call: Call, made: Made) -> Any:
    """Settle the weights, and before them what they want to know of the sources beyond their sizes."""
    probed = recipe.sources if wanted.trains_probes else ()
    heads = [call(learn_source, store, name, made.pool, recipe.labels, recipe.seed) for name in probed]
    known = (store, "mix", made.pool, made.checks, heads)
    appraised = [call(appraise_sources, *known, weights, recipe.labels, recipe.seed) for weights in wanted.to_appraise]
    appraised += [
        call(recall_weights, "mix", store, recipe.name, made.cleaned, weights, wanted.unit)
        for weights in wanted.to_recall
    ]
    return call(weigh_sources, store, "mix", made.pool, made.verdicts, wanted, appraised)


def _benchmarks(settings: DecontaminateSettings, folder: str, store: str, call: Call) -> list[Any]:
    """Read the benchmarks as sources are read, to be compared with and never mixed; of their texts only the empty ones
    are dropped.
    """
    seen = {name: call(probe_source, name, source, folder) for name, source in settings.against.items()}
    raw = {
        name: call(ingest_source, store, name, seen[name], source, (), folder)
        for name, source in settings.against.items()
    }
    return [call(clean_source, store, name, raw[name], ALL_TEXTS) for name in settings.against]
