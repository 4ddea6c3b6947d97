"""Prefect tasks of trials. The work is in shrink.py, features.py and learn.py."""

from typing import Literal

import numpy as np

from tasks.core.records import Objective
from tasks.experiments.trial.settings import LinearSettings
from tasks.experiments.trial.shrink import left_out, trial_budget
from tasks.manifests.embeddings import EmbeddingFacts
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.plan import PlanFacts
from tasks.manifests.pool import PoolFacts
from tasks.manifests.rows import CleanedFacts
from tasks.manifests.scores import TrialFacts
from tasks.models.features import read_features, write_hashed
from tasks.models.linear_trial import Drawn, Pool
from tasks.objectives.parts import trial_of
from tasks.rows import pool as pools
from tasks.rows.dropping import Removal
from tasks.rows.files import HOLDOUT, TRAIN
from tasks.rows.layout import RowFile, layout_of
from tasks.store.products import Workbench, stage_task


def size_trials(
    pool: Manifest[PoolFacts], mix: int | Literal["all"], asked: int | None, unit: str
) -> tuple[int, float]:
    """Give the budget of every trial and the share of the pool that it draws from; no task, since it is arithmetic."""
    return trial_budget(pool, mix, asked, unit)


@stage_task("shrink")
def shrink_pool(work: Workbench, pool: Manifest[PoolFacts], share: float, seed: int) -> Product[PoolFacts]:
    """Keep a share of every source's training rows, for trials that are smaller than the mix; the hold-out stays as it
    is.
    """
    rows = left_out(pools.open_sides(work, pool)[TRAIN], share, seed)
    return pools.drop_rows(work, pool, Removal.of("trials", rows, figures={"share kept": share}))


@stage_task("hash")
def hash_source(work: Workbench, rows: Manifest[CleanedFacts]) -> Product[EmbeddingFacts]:
    """Hash the words of a source's texts."""
    with work.writing("vectors.npz") as vectors, work.writing("rows.parquet") as ids:
        written = write_hashed(RowFile(work.open(rows, "data.parquet"), layout_of(rows)), vectors, ids)
    return Product(rows=written, facts=EmbeddingFacts())


@stage_task("trial")
def run_trial(
    work: Workbench,
    pool: Manifest[PoolFacts],
    plan: Manifest[PlanFacts],
    features: list[Manifest[EmbeddingFacts]],
    sets: list[Manifest[CleanedFacts]],
    settings: LinearSettings,
    objective: Objective,
    seed: int,
) -> Product[TrialFacts]:
    """Learn from a mix and predict the rows kept aside, and those of the evaluation sets."""
    read = {
        source.subject: read_features(
            *(work.open(source, name) for name in sorted(file.name for file in source.files)[::-1])
        )
        for source in features
    }
    with np.load(work.open(plan, "plan.npz"), allow_pickle=False) as arrays:
        drawn = Drawn(plan.facts.sources, arrays["source"].astype(np.int64), arrays["row"].astype(np.int64))
    sides = pools.open_sides(work, pool)
    others = {one.subject: RowFile(work.open(one, "data.parquet"), layout_of(one)) for one in sets}
    files = Pool(sides[TRAIN], sides[HOLDOUT] | others)
    table, facts = trial_of(objective.task).try_mix(files, drawn, read, layout_of(pool), settings, seed)
    with work.writing("predictions.parquet") as path:
        table.write_parquet(path, compression="zstd")
    return Product(rows=table.height, facts=facts)
