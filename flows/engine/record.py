"""What a run says of itself, put together from what its tasks gave."""

import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from flows.engine.calls import RunProducts, StageProducts
from tasks.manifests.manifest import Account, Manifest
from tasks.manifests.model import USAGE, Usage
from tasks.manifests.plan import ReceiptRow, with_drawn, with_loss_weights, with_training
from tasks.recipe.model import LoadedRecipe
from tasks.store.runs import PublishedMix, RunRecord, RunStart, StageRecord, TaskNote
from tasks.store.storage import open_store
from tasks.store.unreached import with_unreached

LIBRARIES = (
    "cuvee",
    "prefect",
    "polars",
    "great-expectations",
    "torch",
    "transformers",
    "accelerate",
    "datasets",
    "numpy",
    "scikit-learn",
)


def gather(
    start: RunStart, loaded: LoadedRecipe, store: str, made: RunProducts, notes: list[TaskNote], **more: Any
) -> RunRecord:
    """Put the record of a run together.

    Args:
        made: results; what is None was not made.
        more: fields that publishing added, or the error that stopped the run, or that it was interrupted.
    """
    finished = datetime.now(UTC)
    checks = [*made.checks, *(products.mix_check for products in made.stages if products.mix_check)]
    stages = staged(store, made, more.pop("mixes", ())) if len(made.stages) > 1 else ()
    return RunRecord(
        **(dict(start) | {"unreached": made.unreached}),
        task=loaded.recipe.task,
        labels=loaded.recipe.labels,
        status=more.pop("status", "failed" if more.get("error") else "completed"),
        finished=finished.isoformat(timespec="seconds"),
        seconds=round((finished - datetime.fromisoformat(start.started)).total_seconds(), 1),
        receipt=receipt_of(made, loaded),
        accounts=_accounts(made, loaded),
        checks=tuple(check.facts for check in checks),
        verdicts=(*made.verdicts, *made.mix_verdict),
        dropped=made.pool.facts.dropped if made.pool else (),
        labelled=made.pool.facts.labelled if made.pool else None,
        augmented=made.mix.facts.augmented if made.mix else (),
        drift={name: made.drift.facts.sources.get(name) for name in made.loaded.recipe.sources}
        if made.drift and made.loaded
        else {},
        profile=made.profile.facts if made.profile else None,
        weights=made.weights.facts if made.weights else None,
        metrics=made.metrics,
        curve=_curve(store, made.model) if made.model else (),
        training=made.model.facts if made.model else None,
        usage=_usage(store, made.model, loaded) if made.model else None,
        stages=stages,
        tasks=tuple(notes),
        versions={name: version(name) for name in LIBRARIES} | {"python": platform.python_version()},
        **more,
    )


def _accounts(made: RunProducts, loaded: LoadedRecipe) -> tuple[Account, ...]:
    """Give the accounts of all sources, those without labels included, in the recipe's order."""
    pools = [pool for pool in (made.pool, made.unlabelled) if pool]
    if len(pools) < 2:
        return pools[0].accounts if pools else ()
    accounts = {account.source: account for pool in pools for account in pool.accounts}
    return tuple(accounts[name] for name in loaded.recipe.sources if name in accounts)


def staged(store: str, made: RunProducts, mixes: Sequence[PublishedMix] = ()) -> tuple[StageRecord, ...]:
    """Say of every stage of a training what it mixed and learned.

    Args:
        mixes: as they were published, in the stages' order, where they were.
    """
    return tuple(
        StageRecord(
            task=products.stage.objective.task,
            sources=products.stage.sources,
            receipt=receipt_of_stage(products),
            mix=mixes[at] if mixes else None,
            curve=_curve(store, products.model) if products.model else (),
            training=products.model.facts if products.model else None,
        )
        for at, products in enumerate(made.stages)
    )


def receipt_of(made: RunProducts, loaded: LoadedRecipe) -> tuple[ReceiptRow, ...]:
    """Give the receipt of the last stage's mix, sources included that could not be reached."""
    rows = receipt_of_stage(made.stages[-1]) if made.stages else ()
    return with_unreached(
        rows, made.unreached, list(loaded.recipe.mixed), getattr(loaded.recipe.mix.weights, "shares", {})
    )


def receipt_of_stage(products: StageProducts) -> tuple[ReceiptRow, ...]:
    """Give the receipt of a stage's mix, its training counted in."""
    stage, model = products.stage, products.model
    epochs, cut = (model.facts.epochs, model.facts.cut) if model else (stage.epochs, "")
    told = products.mix or products.plan
    counted = with_loss_weights(told.facts.receipt if told else (), stage.mix.loss_weights or {})
    if stage.settings and stage.settings.resample:
        counted = with_drawn(counted, model.facts.drawn if model else None)
    return with_training(counted, epochs, cut)


def _curve(store: str, model: Manifest) -> tuple[dict[str, float], ...]:
    return tuple(json.loads(open_store(store).read_bytes(f"{model.path}/training-curve.json")))


def _usage(store: str, model: Manifest, loaded: LoadedRecipe) -> Usage | None:
    """Say what a training took; nothing of one that an earlier version made."""
    home, path, train = open_store(store), f"{model.path}/{USAGE}", loaded.recipe.learning
    if not home.exists(path):
        return None
    price = train.price_per_hour if train else None
    return Usage.model_validate(home.read_json(path)).model_copy(update={"price_per_hour": price})
