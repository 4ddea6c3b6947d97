"""Prefect tasks of the training stage. The work is in launch.py and, in a process of its own, in loop.py."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.core import ui
from tasks.core.imports import importing
from tasks.core.records import Objective
from tasks.core.tasks import task
from tasks.manifests.batch import ShownBatch
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.model import TRACKERS, USAGE, ModelFacts
from tasks.manifests.plan import loss_weights_of
from tasks.manifests.pool import MixFacts
from tasks.manifests.seen import Fingerprint
from tasks.rows.files import HOLDOUT, TRAIN, VALIDATION, open_mix
from tasks.store.models import gathered_model
from tasks.store.products import Workbench, stage_task
from tasks.store.storage import open_store
from tasks.train.checkpoints import Mirror
from tasks.train.job import Job, Lesson, Tracked
from tasks.train.launch import any_at_work, run, stop_all
from tasks.train.model import seen_model
from tasks.train.settings import DistilSettings, TrainSettings
from tasks.train.teacher import seen_teacher


@task()
def probe_model(settings: TrainSettings, base: str) -> Fingerprint:
    """See what the start model is now."""
    return seen_model(settings, base)


@task()
def probe_teacher(distil: DistilSettings, base: str) -> Fingerprint:
    """See what the teacher is now."""
    return seen_teacher(distil, base)


def trains() -> bool:
    """Say whether a training of this process is under way."""
    return any_at_work()


def stop_training() -> None:
    """End the trainings of this process; each saves a checkpoint of its step first."""
    stop_all()


def show_batch(
    store: str,
    mix: Manifest[MixFacts],
    settings: TrainSettings,
    objective: Objective,
    seed: int,
    base: str,
    later: Sequence[Manifest[MixFacts]] = (),
) -> ShownBatch:
    """See the batch that training would begin with; no task, since nothing is made.

    Args:
        later: mixes of later stages, whose texts a tokenizer that is built here learns, too.
    """
    with importing:
        from tasks.train.shown import first_batch

    home = open_store(store)
    vocabulary = [path for drawn in later for path in open_mix(home, drawn, TRAIN)]
    return first_batch(open_mix(home, mix, TRAIN), settings, objective, seed, base, vocabulary)


@stage_task("train")
def train_model(  # noqa: PLR0913, PLR0917 (each is a part of the content key, but for the workbench)
    work: Workbench,
    seen: list[Fingerprint],
    mixes: list[Manifest[MixFacts]],
    settings: TrainSettings,
    objective: Objective,
    seed: int,
    base: str,
    loss_weights: dict[str, float] | None = None,
    tracked: Tracked | None = None,
) -> Product[ModelFacts]:
    """Fine-tune the model, seen first, before its teacher, on the mix, in later epochs on those behind it."""
    told = {"settings": settings, "objective": objective, "seed": seed, "base": base, "tracked": tracked}
    return _trained(work, seen, mixes, loss_weights, told)


@stage_task("train")
def train_stage(
    work: Workbench,
    seen: list[Fingerprint],
    before: Manifest[ModelFacts] | None,
    mixes: list[Manifest[MixFacts]],
    vocabulary: list[Manifest[MixFacts]],
    lesson: Lesson,
    base: str,
    tracked: Tracked | None = None,
) -> Product[ModelFacts]:
    """Train one stage of several: go on with the model of the stage `before`, its head kept where it is of the same
    task; a tokenizer that is built here learns the mixes of `vocabulary`, too.
    """
    settings = lesson.settings
    if before is not None:
        folder = gathered_model(work, before, work.scratch / "before")
        settings = settings.model_copy(update={"model": str(folder), "revision": None})
    read = tuple(path for mix in vocabulary for path in _opened(work, mix, TRAIN))
    told = {"settings": settings, "objective": lesson.objective, "seed": lesson.seed, "base": base}
    told |= {"vocabulary": read, "goes_on": before is not None, "tracked": tracked}
    return _trained(work, seen, mixes, lesson.loss_weights, told)


def _trained(
    work: Workbench,
    seen: list[Fingerprint],
    mixes: list[Manifest[MixFacts]],
    loss_weights: dict[str, float] | None,
    told: dict[str, Any],
) -> Product[ModelFacts]:
    """Carry the training out, in a process of its own.

    Args:
        told: fields of the job.
    """
    mix, *later = mixes
    job = Job(
        mix=_opened(work, mix, TRAIN),
        holdout=_opened(work, mix, HOLDOUT),
        validation=_opened(work, mix, VALIDATION),
        later=tuple(_opened(work, drawn, TRAIN) for drawn in later),
        folder=str(work.scratch),
        start=tuple(file.name for file in seen[0].files),
        loss_weights=loss_weights_of(mix.facts.receipt, loss_weights or {}),
        **told,
    )
    with Mirror(work.store, work.path, job.checkpoints) as mirror, ui.Progress(work.subject, "Training") as progress:
        run(job, work.scratch, lambda done, text: (progress(done, text), mirror.push())[0])
        return Product(rows=mix.rows, tokens=mix.tokens, facts=_collect(work, job.out, job.trackers, mirror))


def _opened(work: Workbench, mix: Manifest[MixFacts], side: str) -> tuple[str, ...]:
    return tuple(map(str, open_mix(work, mix, side)))


def _collect(work: Workbench, out: Path, tracked: Path, mirror: Mirror) -> ModelFacts:
    """Move what training wrote into the product, and let its checkpoints go; gives its facts. What trackers wrote, and
    what it took, is beside the product and no part of it, since no two trainings write the same.
    """
    for path in sorted(path for path in tracked.rglob("*") if path.is_file() and not path.is_symlink()):
        work.store.write_bytes(f"{work.path}/{TRACKERS}/{path.relative_to(tracked)}", path.read_bytes())
    work.store.write_bytes(f"{work.path}/{USAGE}", (out / USAGE).read_bytes())
    facts = ModelFacts.model_validate_json((out / "facts.json").read_bytes())
    work.take(out / "curve.json", "training-curve.json")
    for path in sorted(path for path in out.iterdir() if path.name not in ("facts.json", USAGE)):
        work.take(path, f"model/{path.name}")
    mirror.clear()
    return facts
