"""Prefect tasks of the mixing stage. The work is in make.py (counts, plan, receipt) and write.py (spill, lock)."""

import json
import tempfile
from pathlib import Path
from typing import Any

from tasks.core import ui
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.weights import WeightsFacts
from tasks.mix.kept import MixMedia
from tasks.mix.lock import lock
from tasks.mix.make import Run, make_plan
from tasks.mix.plan import load_plan, save_plan
from tasks.mix.receipt import headline
from tasks.mix.replay import replay
from tasks.mix.settings import PlanSettings
from tasks.mix.write import shards, write_shards
from tasks.rows.files import HOLDOUT, TRAIN, mix_holdout, open_pool, pool_file
from tasks.rows.layout import facts_of, layout_of
from tasks.store.products import Workbench, stage_task
from tasks.store.storage import open_store


@stage_task("plan")
def plan_mix(
    work: Workbench,
    pool: Manifest,
    weights: Manifest[WeightsFacts],
    settings: PlanSettings,
    trainer_epochs: float,
    seed: int,
    spent: dict[str, float] | None = None,
) -> Product:
    """Decide which row stands where in the mix."""
    files = open_pool(work, pool, TRAIN)
    made = make_plan(pool.accounts, files, weights.facts, settings, Run(trainer_epochs, seed, spent))
    with work.writing("plan.npz") as path:
        save_plan(made.plan, path)
    ui.log(f"{work.subject}: {headline(made.receipt)}")
    receipt = [row.model_dump(mode="json") for row in made.receipt]
    facts = made.facts | {"receipt": receipt, "sources": list(files), "trainer_epochs": trainer_epochs, "seed": seed}
    return Product(rows=len(made.plan.row), tokens=sum(row.tokens for row in made.receipt), facts=facts)


@stage_task("mix")
def write_mix(
    work: Workbench,
    pool: Manifest,
    plan: Manifest,
    settings: PlanSettings,
    snapshots: list[Manifest] | None = None,
) -> Product:
    """Write the mix, shard by shard, and what it was made of; `snapshots` are those with media."""
    media = MixMedia.of(pool, {one.subject: work.open(one, "media.arrow") for one in snapshots or []})
    names = shards(plan.rows, settings.shard_rows)
    _write_missing(work, work.subject, pool, plan, settings.shard_rows, media)
    for source in plan.facts["sources"]:
        with work.writing(mix_holdout(source)) as path:
            media.copy(work.open(pool, pool_file(HOLDOUT, source)), path)
    for name, value in {
        "receipt.json": plan.facts["receipt"],
        "lock.json": lock(pool, plan, work.files, snapshots or []),
    }.items():
        with work.writing(name) as path:
            path.write_text(json.dumps(value, indent=2) + "\n")
    facts = {"receipt": plan.facts["receipt"], "shards": len(names), "dropped": pool.facts["dropped"]}
    facts |= facts_of(layout_of(pool))
    return Product(
        rows=plan.rows, tokens=plan.tokens, columns=pool.columns | media.columns, accounts=pool.accounts, facts=facts
    )


def _write_missing(
    work: Workbench, subject: str, pool: Manifest, plan: Manifest, shard_rows: int, media: MixMedia
) -> None:
    """Write the shards that an interrupted attempt has not."""
    names = shards(plan.rows, shard_rows)
    missing = [number for number, name in enumerate(names) if not work.has(name)]
    files = [work.open(pool, pool_file(TRAIN, source)) for source in plan.facts["sources"]]
    order = load_plan(work.open(plan, "plan.npz"))
    with ui.Progress(subject, "Mixing") as progress:
        for number, path in write_shards(order, files, shard_rows, missing, work.scratch / "shards", media.save):
            work.take(path, names[number])
            progress((number + 1) / len(names), f"{number + 1:,} of {len(names):,} files")


def replay_mix(store: str, folder: str, out: str | None) -> dict[str, Any]:
    """Make a published mix again, in `out` or only to compare; no task, since the store gets nothing."""
    home = open_store(store)
    if out is not None:
        return replay(home, folder, Path(out)) | {"out": out}
    with tempfile.TemporaryDirectory(dir=home.scratch("replay")) as scratch:
        return replay(home, folder, Path(scratch))
