"""Prefect task of the sifting stage. The work is in methods/."""

from threadpoolctl import threadpool_limits

from tasks.core import registry, ui
from tasks.manifests.manifest import Manifest, Product
from tasks.rows.pool import sides, without
from tasks.sift import methods
from tasks.sift.settings import SiftSettings
from tasks.store.products import Workbench, stage_task


@stage_task("sift", task_run_name="sift-{settings.kind}")
def sift_pool(work: Workbench, subject: str, pool: Manifest, settings: SiftSettings, seed: int) -> Product:
    """Drop the training rows that a model trained on the others thinks worst of."""
    with threadpool_limits(1):  # sums are then added in one order, so judgements do not depend on the machine's cores
        found = registry.load(methods, settings.kind).judged(sides(work, pool)[0], settings, seed)
    counts = dict(found.dropped["source"].value_counts(sort=True).iter_rows())
    ui.log(
        f"{subject}: {settings.kind} drops {len(found.dropped):,} rows "
        f"({', '.join(f'{name} {rows:,}' for name, rows in counts.items()) or 'none'})"
    )
    told = {"kind": settings.kind, "dropped": counts, "told": found.told, "examples": found.examples}
    return without(work, pool, found.dropped, {"sift": [*pool.facts.get("sift", []), told]})
