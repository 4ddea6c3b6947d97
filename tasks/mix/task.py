"""Prefect tasks of the mixing stage. The work is in part.py, make.py (counts, plan, receipt) and write.py (spill)."""

import itertools
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.core import ui
from tasks.core.layout import Layout
from tasks.core.suggest import counted
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.plan import PlanFacts, ReceiptRow, WeightReading, with_training
from tasks.manifests.pool import MixFacts, PoolFacts
from tasks.manifests.rows import SnapshotFacts
from tasks.manifests.weights import WeightsFacts
from tasks.mix.kept import MixMedia
from tasks.mix.lock import lock
from tasks.mix.make import Run, make_plan, tokens_of
from tasks.mix.part import part
from tasks.mix.plan import load_plan, save_plan
from tasks.mix.readings import readings
from tasks.mix.receipt import headline
from tasks.mix.redraw import redrawn
from tasks.mix.replay import replay
from tasks.mix.settings import PlanSettings
from tasks.mix.write import shards, write_shards
from tasks.rows.files import TRAIN, mix_aside, open_pool, pool_file, sides_of
from tasks.rows.layout import layout_of
from tasks.rows.pool import open_sides
from tasks.store.products import Workbench, stage_task
from tasks.store.storage import open_store


@stage_task("part")
def part_pool(
    work: Workbench,
    pools: list[Manifest[PoolFacts]],
    sources: tuple[str, ...],
    learned: tuple[str, ...],
    layout: Layout,
) -> Product[PoolFacts]:
    """Take some sources out of pools: the rows of those that are learned from, of the others what is kept aside."""
    sides = [open_sides(work, pool) for pool in pools]
    accounts, facts = part(pools, sides, work.writing, sources, learned, layout)
    rows, tokens = (sum(getattr(account, count) for account in accounts) for count in ("rows", "tokens"))
    return Product(rows=rows, tokens=tokens, columns=pools[0].columns, accounts=accounts, facts=facts)


@stage_task("plan")
def plan_mix(
    work: Workbench,
    pool: Manifest[PoolFacts],
    weights: Manifest[WeightsFacts],
    settings: PlanSettings,
    trainer_epochs: float,
    seed: int,
    spent: dict[str, float] | None = None,
) -> Product[PlanFacts]:
    """Decide which row stands where in the mix."""
    files = open_pool(work, pool, TRAIN)
    planned = make_plan(pool.accounts, files, weights.facts, settings, Run(trainer_epochs, seed, spent))
    with work.writing("plan.npz") as path:
        save_plan(planned.plan, path)
    ui.log(f"{work.subject}: {headline(with_training(planned.receipt, trainer_epochs))}")
    for number, phase in enumerate(planned.phases, 1):
        ui.log(f"{work.subject}: phase {number}, {100 * phase.share:.3g} % of it: {counted(phase.rows)}")
    facts = PlanFacts(sources=tuple(files), receipt=tuple(planned.receipt), seed=seed, unit=settings.unit)
    return Product(rows=len(planned.plan.row), tokens=sum(row.tokens for row in planned.receipt), facts=facts)


def read_weights(
    store: str,
    pool: Manifest[PoolFacts],
    plan: Manifest[PlanFacts],
    receipt: Sequence[ReceiptRow],
    longest: int | None,
) -> tuple[WeightReading, ...]:
    """Say what every source is of the mix, in each way to say it; no task, since nothing is made."""
    home = open_store(store)
    tokens = {name: tokens_of(file) for name, file in open_pool(home, pool, TRAIN).items()}
    return readings(load_plan(home.open(plan, "plan.npz")), tokens, receipt, longest)


@stage_task("plan")
def redraw_plan(
    work: Workbench, pool: Manifest[PoolFacts], plan: Manifest[PlanFacts], epoch: int
) -> Product[PlanFacts]:
    """Draw the plan anew for a later epoch of training; `epoch` counts from 1, the plan's own being 0."""
    facts, files = plan.facts, open_pool(work, pool, TRAIN)
    tokens = [tokens_of(files[source]) for source in facts.sources]
    drawn = redrawn(load_plan(work.open(plan, "plan.npz")), tokens, facts.unit, facts.seed, epoch)
    with work.writing("plan.npz") as path:
        save_plan(drawn, path)
    counts = [int(tokens[number][drawn.row[drawn.source == number]].sum()) for number in range(len(tokens))]
    return Product(rows=len(drawn.row), tokens=sum(counts), facts=facts)


@stage_task("mix")
def write_mix(
    work: Workbench,
    pool: Manifest[PoolFacts],
    plan: Manifest[PlanFacts],
    shard_rows: int,
    snapshots: list[Manifest[SnapshotFacts]] | None = None,
) -> Product[MixFacts]:
    """Write the mix, shard by shard, and what it was made of; `snapshots` are those with media."""
    media = MixMedia.of(pool, {one.subject: work.open(one, "media.arrow") for one in snapshots or []})
    _write_missing(work, work.subject, pool, plan, shard_rows, media)
    for side, source in itertools.product(sides_of(pool)[1:], plan.facts.sources):
        with work.writing(mix_aside(side, source)) as path:
            media.copy(work.open(pool, pool_file(side, source)), path)
    with work.writing("lock.json") as path:
        path.write_text(json.dumps(lock(pool, plan, work.files, snapshots or []), indent=2) + "\n")
    facts = MixFacts(
        layout=layout_of(pool), receipt=plan.facts.receipt, dropped=pool.facts.dropped, labelled=pool.facts.labelled
    )
    return Product(
        rows=plan.rows, tokens=plan.tokens, columns=pool.columns | media.columns, accounts=pool.accounts, facts=facts
    )


def _write_missing(
    work: Workbench,
    subject: str,
    pool: Manifest[PoolFacts],
    plan: Manifest[PlanFacts],
    shard_rows: int,
    media: MixMedia,
) -> None:
    """Write the shards that an interrupted attempt has not."""
    names = shards(plan.rows, shard_rows)
    missing = [number for number, name in enumerate(names) if not work.has(name)]
    files = [work.open(pool, pool_file(TRAIN, source)) for source in plan.facts.sources]
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
