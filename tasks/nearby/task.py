"""Prefect tasks of the near-duplicate stage. The work is in contamination.py, thin.py and remove.py."""

from pathlib import Path

from tasks import ui
from tasks.caching import Workbench, stage_task
from tasks.nearby.contamination import contaminated
from tasks.nearby.settings import NearSettings, OverlapSettings
from tasks.nearby.thin import Vectors, thin, thin_by_meaning
from tasks.pool import sides, without
from tasks.records import Manifest, Product


@stage_task("decontaminate")
def decontaminate_pool(work: Workbench, subject: str, pool: Manifest, benchmarks: list[Manifest], settings: OverlapSettings, seed: int) -> Product:
    """Drop training rows that repeat a row of the hold-out or of a benchmark."""
    train, holdout = sides(work, pool)
    files = {benchmark.subject: work.open(benchmark, "data.parquet") for benchmark in benchmarks}
    found = contaminated(train, holdout, files, settings, _scratch(work), seed)
    told = ", ".join(f"{source}: {name} {rows:,}" for source, counts in found.facts["matched"].items() for name, rows in counts.items())
    ui.log(f"{subject}: {found.facts['dropped']:,} training rows repeat a benchmark or the hold-out ({told or 'none'})")
    return without(work, pool, found.dropped, {"contamination": found.facts})


@stage_task("nearby")
def thin_pool(work: Workbench, subject: str, pool: Manifest, settings: NearSettings, seed: int) -> Product:
    """Drop training rows that nearly repeat another one or a hold-out row."""
    found = thin(*sides(work, pool), settings, _scratch(work), seed)
    counts = f"{found.facts['dropped']:,} of {found.facts['rows']:,} rows"
    ui.log(f"{subject}: {counts} are near duplicates (Jaccard >= {settings.threshold:g})")
    return without(work, pool, found.dropped, {"near": found.facts})


@stage_task("semantic")
def compare_meanings(work: Workbench, subject: str, pool: Manifest, embedded: list[Manifest], threshold: float, seed: int) -> Product:
    """Drop training rows that mean the same as another one or as a hold-out row."""
    vectors = {one.subject: Vectors(work.open(one, "vectors.npy"), work.open(one, "rows.parquet")) for one in embedded}
    found = thin_by_meaning(*sides(work, pool), vectors, threshold, _scratch(work), seed)
    ui.log(f"{subject}: {found.facts['dropped']:,} of {found.facts['rows']:,} rows are semantic duplicates (cosine >= {threshold:g})")
    return without(work, pool, found.dropped, {"semantic": found.facts})


def _scratch(work: Workbench) -> Path:
    (folder := work.scratch / "near").mkdir(exist_ok=True)
    return folder
