"""Prefect tasks of the publishing stage. They are never cached: what is published already is found and left as it
is.
"""

from datetime import UTC, datetime
from uuid import uuid4

from pydantic import JsonValue

from tasks.core import ui
from tasks.core.tasks import task
from tasks.manifests.manifest import Manifest
from tasks.manifests.model import ModelFacts
from tasks.manifests.plan import PlanFacts
from tasks.manifests.pool import MixFacts
from tasks.manifests.scores import Metrics
from tasks.publish.cards import licences_of
from tasks.publish.editions import put_out_mix, put_out_model
from tasks.publish.licences import conflicts
from tasks.publish.stage import MixStage
from tasks.store.runs import PublishedMix, PublishedModel, RunRecord, RunStart, run_id, write_record
from tasks.store.storage import open_store


def begin_run(recipe: dict[str, JsonValue]) -> RunStart:
    """Give a run its id and its time; `recipe` is the published form."""
    name, started = str(recipe["name"]), datetime.now(UTC).isoformat(timespec="milliseconds")
    return RunStart(run=run_id(started, uuid4().hex), name=name, started=started, recipe=recipe)


@task()
def publish_mix(
    store: str,
    start: RunStart,
    mix: Manifest[MixFacts],
    plan: Manifest[PlanFacts],
    stage: MixStage | None = None,
) -> PublishedMix:
    """Put the mix out as a dataset folder; `latest.json` names it last. `stage` is what learns from it, of several."""
    for sentence in conflicts(licences_of(start), start.recipe["publish"].get("licence")):
        ui.log(f"licences: {sentence}", warn=True)
    return put_out_mix(open_store(store), start, mix, plan, stage)


@task()
def publish_model(
    store: str,
    start: RunStart,
    model: Manifest[ModelFacts],
    metrics: Metrics,
    mix: PublishedMix,
    stages: list[tuple[MixStage, PublishedMix]] | None = None,
) -> PublishedModel:
    """Put the model out as a folder that transformers loads; `latest.json` names it last. `stages` are those of its
    training with their mixes, where it has several.
    """
    return put_out_model(open_store(store), start, model, metrics, mix, stages or ())


@task()
def record_run(store: str, record: RunRecord) -> str:
    """Write what the run says of itself, failed or not; gives the record's URI."""
    return write_record(open_store(store), record)
