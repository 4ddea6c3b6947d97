"""What `compare` and `search` share: one pool, one budget, and a mix tried out on it under a seed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flows.engine.calls import Call, RunProducts, carry_out
from flows.engine.submitted import Submitted
from flows.steps.blend import augmented, blend, planned, redrawn, weigh
from flows.steps.train import Known, probed, trained
from tasks.core.errors import RecipeError
from tasks.core.records import Section, digest
from tasks.embed.task import embed_source, probe_encoder
from tasks.evaluate.task import evaluate_model, evaluate_with_sets
from tasks.experiments.compare.task import find_leak, refuse_leak
from tasks.experiments.mixes import Mix, as_weights, is_augmented, mix_name, size_of
from tasks.experiments.trial.task import hash_source, run_trial, shrink_pool, size_trials
from tasks.manifests.embeddings import EmbeddingFacts
from tasks.manifests.manifest import Manifest
from tasks.manifests.pool import MixFacts, PoolFacts
from tasks.manifests.scores import PredictionFacts
from tasks.manifests.weights import WeightsFacts
from tasks.mix.task import plan_mix, write_mix
from tasks.objectives.parts import measures_of
from tasks.recipe.mix import MixSettings
from tasks.recipe.model import LoadedRecipe, Recipe
from tasks.recipe.stages import TrainingStage

UNBOUNDED = 1e9
"""Passes over a source that a trial may make: arms of equal budget must repeat a small source as often as it takes."""
Mixes = list[Manifest[MixFacts]]
"""What a stage of training learns from: a mix, or one for each epoch."""


@dataclass(frozen=True)
class TrialSetup:
    """What all trials of a comparison or search share.

    Attributes:
        made: what the recipe made up to its checks.
        whole: the pool whole; weights are settled on it.
        pool: what trials draw from.
        size: rows or tokens of each trial, as the recipe's unit says.
        share: of the whole pool's rows that trials draw from.
        features: of every source, for the linear classifier; empty where the recipe's own model is trained.
        start: what the models are now that training begins with and learns from; None where a linear classifier
            learns.
        fixed: mixes of the stages of training that are the same in every trial, by their numbers.
    """

    loaded: LoadedRecipe
    call: Call
    made: RunProducts
    whole: Manifest[PoolFacts]
    pool: Manifest[PoolFacts]
    size: int
    share: float
    features: list[Manifest[EmbeddingFacts]]
    start: Known | None
    fixed: Mapping[int, Mixes] = field(default_factory=dict)

    @property
    def factors(self) -> dict[str, float]:
        """What the checks' verdicts multiply the shares of sources by."""
        return {verdict.subject: verdict.factor for verdict in self.made.verdicts}

    @property
    def held(self) -> dict[str, float]:
        """What each source that the checks did not leave out holds to train on, in the recipe's unit."""
        rows = self.loaded.recipe.mix.unit == "rows"
        held = {account.source: float(account.rows if rows else account.tokens) for account in self.whole.accounts}
        return {source: amount for source, amount in held.items() if self.factors.get(source, 1)}

    @property
    def measured_on(self) -> dict[str, int]:
        """Rows that are measured on, of each source and evaluation set."""
        return {account.source: account.holdout for account in self.pool.accounts} | {
            rows.subject: rows.rows for rows in self.made.sets
        }

    @property
    def setting(self) -> str:
        """Digest of all that trials must share to be compared, apart from the sources' rows and the mix."""
        recipe = self.loaded.recipe
        pooled = [
            recipe.holdout,
            recipe.decontaminate,
            recipe.near_duplicates,
            recipe.semantic_duplicates,
            *([recipe.labelling] if recipe.labelling else []),
            *([[rows.fingerprint for rows in self.made.sets]] if self.made.sets else []),
            *recipe.sift,
            recipe.mix.select,
        ]
        learner = _learner(recipe) if recipe.trials.full else None
        made = [part for part in (recipe.augment, recipe.mix.loss_weights) if part and recipe.trains_in_trials]
        return digest(
            [
                *pooled,
                *made,
                recipe.task,
                recipe.labels,
                recipe.seed,
                recipe.mix.unit,
                recipe.trials,
                learner,
                self.size,
                round(self.share, 6),
            ]
        )

    def settle(self, weights: Mapping[str, float] | Section | str) -> Manifest[WeightsFacts]:
        """Settle weights as `mix.weights` says them; the recipe's floors and ceilings do not bound them."""
        wanted = MixSettings.model_validate({"weights": weights, "unit": self.loaded.recipe.mix.unit})
        return weigh(self.loaded.recipe, wanted.weighing, self.whole, self.call, self.made)

    def try_out(self, mix: Mix, seed: int) -> Manifest[PredictionFacts]:
        """Learn from a mix and predict the hold-out; what comes back holds `predictions.parquet`.

        The same shares and seed are the same trial, whoever asks.

        Args:
            seed: rows, order and start of the model hang on it.
        """
        recipe, name = self.loaded.recipe, f"{mix_name(mix)} s{seed}"
        seed += recipe.seed
        weights = as_weights(mix, [account.source for account in self.pool.accounts])
        # At equal budget a small source is repeated as often as its share takes.
        size, pool = size_of(mix) or self.size, self.pool if size_of(mix) is None else self.whole
        unbounded = {"size": size, "max_epochs": UNBOUNDED, "max_total_epochs": None}
        settings = recipe.mix.model_copy(update=unbounded).plan
        plan = self.call(plan_mix.of(name), pool, weights, settings, 1.0, seed)
        if self.start is None:
            learner = (recipe.trials.linear, recipe.objective, seed)
            return self.call(run_trial.of(name), pool, plan, self.features, self.made.sets, *learner)
        plain = recipe if is_augmented(mix) else recipe.model_copy(update={"augment": None})
        loaded = replace(self.loaded, recipe=plain)
        written, mixes = self.call(write_mix.of(name), pool, plan, recipe.mix.shard_rows), list[Mixes]()
        for stage in plain.stages:
            if stage.number in self.fixed:
                mixes.append(self.fixed[stage.number])
                continue
            mixed = augmented(loaded, stage, written, self.made.sets, seed, self.call)
            mixes.append([mixed, *redrawn(loaded, stage, pool, plan, self.made.sets, seed, self.call)])
        names = [name if stage.is_last else f"{name} {stage.named('model')}" for stage in plain.stages]
        model = trained(loaded, self.start, mixes, seed, names, self.call)[-1]
        mixed = mixes[-1][0]
        asked = (recipe.evaluate.intervals, recipe.objective, seed)
        if sets := self.made.sets:
            return self.call(evaluate_with_sets.of(name), model, mixed, sets, *asked)
        return self.call(evaluate_model.of(name), model, mixed, *asked)


def trial_setup(loaded: LoadedRecipe, call: Call, made: RunProducts) -> TrialSetup:
    """Carry out the recipe up to its checks, and make ready what all trials need; waits for the pool."""
    if len(names := loaded.recipe.mixed) == 1:
        raise RecipeError(
            f"{loaded.file}: there is one source only ({next(iter(names))}), so nothing is combined; name a second one"
        )
    if loaded.recipe.trains_in_trials and loaded.recipe.train is None:
        model = measures_of(loaded.recipe.task).model
        raise RecipeError(
            f"{loaded.file}: trials of a {model} train the recipe's own, but there is no `train` section; write one"
        )
    _refuse_what_no_mix_changes(loaded)
    carry_out(blend(loaded, call, made), "check")
    if isinstance(call, Submitted):
        call.finish()  # what failed on the way to the pool is told here
    made = made.settled(call.result)
    loaded, whole = made.loaded or loaded, made.pool
    if whole is None:
        raise RuntimeError("the steps ended before the pool")
    recipe = loaded.recipe
    size, share = size_trials(whole, recipe.mix.size, recipe.trials.size, recipe.mix.unit)
    pool = call.result(call(shrink_pool.of("pool"), whole, share, recipe.seed)) if share < 1 else whole
    asked = probed(loaded, call) if recipe.trains_in_trials else None
    start = asked and Known(call.result(asked.start), tuple(map(call.result, asked.teachers)))
    fixed = _fixed(loaded, call, made) if start else {}
    features = [] if start else call.result(_features(loaded, call, made))
    return TrialSetup(loaded, call, made, whole, pool, size, share, features, start, fixed)


def varies(stage: TrainingStage, recipe: Recipe) -> bool:
    """Say whether trials give a stage of training mixes of their own: those that teach the recipe's task on its mix."""
    return stage.shares_mix and stage.objective == recipe.objective


def _refuse_what_no_mix_changes(loaded: LoadedRecipe) -> None:
    recipe = loaded.recipe
    if recipe.trains_in_trials and not any(varies(stage, recipe) for stage in recipe.stages):
        raise RecipeError(
            f"{loaded.file}: trials give other weights to the stages of `train` that teach the recipe's task on its "
            "mix, and none does: each has a mix or sources of its own; let one have neither"
        )


def _fixed(loaded: LoadedRecipe, call: Call, made: RunProducts) -> dict[int, Mixes]:
    """Make the mixes of the stages that are the same in every trial, as a run makes them."""
    recipe, mixes = loaded.recipe, dict[int, Mixes]()
    for stage in recipe.stages:
        if varies(stage, recipe):
            continue
        pool, _, plan = planned(loaded, stage, made, call)
        mix = call(write_mix.of(stage.named("mix")), pool, plan, stage.mix.shard_rows)
        mix = augmented(loaded, stage, mix, made.sets, recipe.seed, call)
        later = redrawn(loaded, stage, pool, plan, made.sets, recipe.seed, call)
        mixes[stage.number] = call.result([mix, *later])
    return mixes


def _learner(recipe: Recipe) -> object:
    """Give what trials train, for the digest of what they share."""
    if not isinstance(recipe.train, tuple):
        return recipe.train and recipe.train.untold
    return [
        [stage.settings and stage.settings.untold, stage.objective, stage.mix, stage.sources] for stage in recipe.stages
    ]


def trial_setup_for(
    setting: str, target: str | None, loaded: LoadedRecipe, calls: Submitted, made: RunProducts
) -> TrialSetup:
    """Make everything ready to judge by a target's hold-out, or by all where there is no target.

    Args:
        setting: of the recipe that names the target.

    Raises:
        QualityGate: most of the target stands in another source, too.
    """
    try:
        return trial_setup(loaded, calls, made)
    finally:  # a leak explains what checks may have stumbled over
        if target in loaded.recipe.sources and made.cleaned:  # training rows that repeat a set are gone
            recipe = (made.loaded or loaded).recipe
            named = zip(recipe.sources, made.cleaned, strict=True)
            mixed = [rows for name, rows in named if name in recipe.mixed]
            leak = calls.completed(calls(find_leak.of(target), target, mixed))
            if leak is not None:
                refuse_leak(setting, target, leak)


def _features(loaded: LoadedRecipe, call: Call, made: RunProducts) -> list[Manifest[EmbeddingFacts]]:
    """See what a linear classifier sees of all sources and evaluation sets."""
    encoder, names = loaded.recipe.trials.encoder, [*loaded.recipe.sources, *loaded.recipe.sets]
    asked = {*loaded.recipe.mixed, *loaded.recipe.sets}
    named = [(name, rows) for name, rows in zip(names, [*made.cleaned, *made.sets], strict=True) if name in asked]
    if encoder is None:
        return [call(hash_source.of(name), rows) for name, rows in named]
    known = call(probe_encoder.of("encoder"), encoder, loaded.folder)
    return [call(embed_source.of(name), known, rows, encoder, loaded.folder) for name, rows in named]
