"""What goes into the folder of a published mix and of a published model."""

from collections.abc import Sequence
from typing import Any

from tasks.manifests.manifest import FileFact, Manifest
from tasks.manifests.model import TRACKERS, ModelFacts
from tasks.manifests.plan import PlanFacts
from tasks.manifests.pool import MixFacts
from tasks.manifests.scores import Metrics
from tasks.publish.cards import dataset_card, model_card, receipt_of, recipe_yaml
from tasks.publish.croissant import croissant
from tasks.publish.folder import as_json, data_sha256, edition, lay_out, lock_of, move_latest
from tasks.publish.stage import MixStage, TrainedStage, only_stage
from tasks.store.runs import PublishedMix, PublishedModel, RunStart, run_folder
from tasks.store.storage import Store


def put_out_mix(
    store: Store,
    start: RunStart,
    mix: Manifest[MixFacts],
    plan: Manifest[PlanFacts],
    stage: MixStage | None = None,
) -> PublishedMix:
    """Publish a mix as a plain dataset folder.

    Args:
        stage: what learns from it, where the training has several stages.
    """
    stage = stage or only_stage(start)
    identity = edition(mix)
    folder = f"mixes/{start.name}/{identity}"
    data = {file.name: file for file in mix.files if file.name.startswith("data/")}
    sha256 = data_sha256(data)
    lock = lock_of(start, mix, data, sha256=sha256, inputs=store.read_json(f"{mix.path}/lock.json"))
    copies = _copies(mix, data) | _copies(plan, {"plan.npz": plan.file("plan.npz")})
    texts = {
        "README.md": dataset_card(start, mix, sha256, stage),
        "receipt.json": as_json([row.model_dump(mode="json") for row in receipt_of(stage, mix)]),
        "croissant.json": as_json(croissant(start, mix, store.where(folder))),
        "recipe.yaml": recipe_yaml(start),
    }
    lay_out(store, folder, copies, texts, lock)
    move_latest(store, "mixes", start, identity)
    return PublishedMix(id=identity, uri=store.where(folder), rows=mix.rows, tokens=mix.tokens, sha256=sha256)


def put_out_model(
    store: Store,
    start: RunStart,
    model: Manifest[ModelFacts],
    metrics: Metrics,
    mix: PublishedMix,
    stages: Sequence[tuple[MixStage, PublishedMix]] = (),
) -> PublishedModel:
    """Publish a model as a folder that transformers loads; what trackers wrote of its training goes beside the run's
    record.

    Args:
        stages: those of its training with their mixes, where it has several.
    """
    identity = edition(model)
    folder = f"models/{start.name}/{identity}"
    files = {file.name.removeprefix("model/"): file for file in model.files}
    scores = metrics.model_dump(mode="json")
    receipt = _receipt(store, start, mix)
    if model.facts.cut:
        share = model.facts.epochs / (stages[-1][0] if stages else only_stage(start)).epochs
        receipt = [row | {"epochs": row["epochs"] * share} for row in receipt]
    earlier = [TrainedStage(stage.task, learned, _receipt(store, start, learned)) for stage, learned in stages[:-1]]
    facts = {"earlier_mixes": [stage.mix.id for stage in earlier]} if earlier else {}
    texts = {
        "README.md": model_card(start, metrics, receipt, mix, model.facts.cut, earlier),
        "metrics.json": as_json(scores),
        "recipe.yaml": recipe_yaml(start),
    }
    lay_out(
        store, folder, _copies(model, files), texts, lock_of(start, model, files, mix=mix.id, metrics=scores, **facts)
    )
    move_latest(store, "models", start, identity)
    for name in store.list(f"{model.path}/{TRACKERS}"):
        store.copy(f"{model.path}/{TRACKERS}/{name}", f"{run_folder(start)}/{name}")
    return PublishedModel(id=identity, uri=store.where(folder))


def _receipt(store: Store, start: RunStart, mix: PublishedMix) -> list[dict[str, Any]]:
    return store.read_json(f"mixes/{start.name}/{mix.id}/receipt.json")


def _copies(product: Manifest, files: dict[str, FileFact]) -> dict[str, tuple[str, int]]:
    return {name: (f"{product.path}/{fact.name}", fact.bytes) for name, fact in files.items()}
