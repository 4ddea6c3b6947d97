"""What a run says of itself, put together from what its tasks gave."""

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from flows.engine.calls import RunProducts
from tasks.manifests.manifest import Manifest
from tasks.manifests.model import USAGE, Usage
from tasks.manifests.plan import ReceiptRow, with_drawn, with_loss_weights, with_training
from tasks.recipe.model import LoadedRecipe
from tasks.store.runs import RunRecord, RunStart, TaskNote, with_unreached
from tasks.store.storage import open_store

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
    checks = [*made.checks, *([made.mix_check] if made.mix_check else [])]
    return RunRecord(
        **(dict(start) | {"unreached": made.unreached}),
        task=loaded.recipe.task,
        labels=loaded.recipe.labels,
        status=more.pop("status", "failed" if more.get("error") else "completed"),
        finished=finished.isoformat(timespec="seconds"),
        seconds=round((finished - datetime.fromisoformat(start.started)).total_seconds(), 1),
        receipt=receipt_of(made, loaded),
        accounts=made.pool.accounts if made.pool else (),
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
        tasks=tuple(notes),
        versions={name: version(name) for name in LIBRARIES} | {"python": platform.python_version()},
        **more,
    )


def receipt_of(made: RunProducts, loaded: LoadedRecipe) -> tuple[ReceiptRow, ...]:
    """Give the plan's receipt, sources included that could not be reached."""
    epochs, cut = loaded.recipe.train.epochs if loaded.recipe.train else 1.0, ""
    if made.model:
        epochs, cut = made.model.facts.epochs, made.model.facts.cut
    told = made.mix or made.plan
    counted = with_loss_weights(told.facts.receipt if told else (), loaded.recipe.mix.loss_weights or {})
    if loaded.recipe.train and loaded.recipe.train.resample:
        counted = with_drawn(counted, made.model.facts.drawn if made.model else None)
    rows = with_training(counted, epochs, cut)
    return with_unreached(
        rows, made.unreached, list(loaded.recipe.sources), getattr(loaded.recipe.mix.weights, "shares", {})
    )


def _curve(store: str, model: Manifest) -> tuple[dict[str, float], ...]:
    return tuple(json.loads(open_store(store).read_bytes(f"{model.path}/training-curve.json")))


def _usage(store: str, model: Manifest, loaded: LoadedRecipe) -> Usage | None:
    """Say what a training took; nothing of one that an earlier version made."""
    home, path, train = open_store(store), f"{model.path}/{USAGE}", loaded.recipe.train
    if not home.exists(path):
        return None
    price = train.price_per_hour if train else None
    return Usage.model_validate(home.read_json(path)).model_copy(update={"price_per_hour": price})
