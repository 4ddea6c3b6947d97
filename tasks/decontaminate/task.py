"""Prefect task of decontamination. The work is in contamination.py."""

from tasks.core import ui
from tasks.decontaminate.contamination import contaminated
from tasks.decontaminate.settings import OverlapSettings
from tasks.manifests.manifest import Manifest, Product
from tasks.rows.pool import sides, without
from tasks.store.products import Workbench, stage_task


@stage_task("decontaminate")
def decontaminate_pool(
    work: Workbench, subject: str, pool: Manifest, benchmarks: list[Manifest], settings: OverlapSettings, seed: int
) -> Product:
    """Drop training rows that repeat a row of the hold-out or of a benchmark."""
    train, holdout = sides(work, pool)
    files = {benchmark.subject: work.open(benchmark, "data.parquet") for benchmark in benchmarks}
    (scratch := work.scratch / "near").mkdir(exist_ok=True)
    found = contaminated(train, holdout, files, settings, scratch, seed)
    told = ", ".join(
        f"{source}: {name} {rows:,}"
        for source, counts in found.facts["matched"].items()
        for name, rows in counts.items()
    )
    ui.log(f"{subject}: {found.facts['dropped']:,} training rows repeat a benchmark or the hold-out ({told or 'none'})")
    return without(work, pool, found.dropped, {"contamination": found.facts})
