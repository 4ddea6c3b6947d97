"""Prefect tasks of the mixing stage. The work is in counts.py, plan.py, receipt.py and write.py."""

import json
import shutil

import numpy as np

from tasks import ui
from tasks.caching import Workbench, stage_task
from tasks.mix.lock import lock
from tasks.mix.make import make_plan
from tasks.mix.plan import Plan
from tasks.mix.settings import PlanSettings
from tasks.mix.write import gather, shards
from tasks.records import Manifest, Product


@stage_task("plan")
def plan_mix(
    work: Workbench, subject: str, pool: Manifest, weights: Manifest, settings: PlanSettings, trainer_epochs: float, seed: int
) -> Product:  # fmt: skip
    """Decide which row stands where in the mix."""
    files = {account.source: work.open(pool, f"train/{account.source}.parquet") for account in pool.accounts}
    plan, rows = make_plan(pool.accounts, files, weights.facts, settings, trainer_epochs, seed)
    with work.writing("plan.npz") as path, path.open("wb") as file:
        np.savez(file, source=plan.source, row=plan.row)
    ui.log(f"{subject}: {len(plan.row):,} rows: " + ", ".join(f"{row.source} {row.rows:,} ({100 * row.share_rows:.1f} %)" for row in rows))
    facts = {"receipt": [row.model_dump(mode="json") for row in rows], "sources": list(files), "unit": settings.unit, "size": settings.size}
    return Product(rows=len(plan.row), tokens=sum(row.tokens for row in rows), facts=facts)


@stage_task("mix")
def write_mix(work: Workbench, subject: str, pool: Manifest, plan: Manifest, settings: PlanSettings) -> Product:  # noqa: ARG001 (names the task run)
    """Write the mix, shard by shard, and what it was made of."""
    shards_written = _write_shards(work, pool, plan, settings.shard_rows)
    for source in plan.facts["sources"]:
        with work.writing(f"data/holdout-{source}.parquet") as path:
            shutil.copyfile(work.open(pool, f"holdout/{source}.parquet"), path)
    for name, value in {"receipt.json": plan.facts["receipt"], "lock.json": lock(pool, plan, work.files)}.items():
        with work.writing(name) as path:
            path.write_text(json.dumps(value, indent=2) + "\n")
    facts = {"receipt": plan.facts["receipt"], "shards": shards_written}
    return Product(rows=plan.rows, tokens=plan.tokens, columns=pool.columns, accounts=pool.accounts, facts=facts)


def _write_shards(work: Workbench, pool: Manifest, plan: Manifest, shard_rows: int) -> int:
    """Write the shards that an interrupted attempt has not; gives their number."""
    files = {source: work.open(pool, f"train/{source}.parquet") for source in plan.facts["sources"]}
    with np.load(work.open(plan, "plan.npz"), allow_pickle=False) as arrays:
        order = Plan(arrays["source"], arrays["row"])
    parts = shards(plan.rows, shard_rows)
    for name, part in parts:
        if not work.has(name):
            with work.writing(name) as path:
                gather(order, part, list(files), files).write_parquet(path, compression="zstd", compression_level=3)
            ui.log(f"{name} written ({part.stop:,} of {plan.rows:,} rows)")
    return len(parts)
