"""Prefect tasks of the sifting stage. The work is in methods/ and selection.py."""

from threadpoolctl import threadpool_limits

from tasks.core import registry, ui
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.pool import PoolFacts
from tasks.rows.files import TRAIN
from tasks.rows.pool import drop_rows, open_sides
from tasks.sift import methods
from tasks.sift.selection import select
from tasks.sift.settings import SelectionSettings, SiftSettings
from tasks.store.products import Workbench, stage_task


@stage_task("sift")
def sift_pool(work: Workbench, pool: Manifest[PoolFacts], settings: SiftSettings, seed: int) -> Product[PoolFacts]:
    """Drop the training rows that a model trained on the others thinks worst of."""
    with threadpool_limits(1):  # sums are then added in one order, so judgements do not depend on the machine's cores
        removal = registry.load(methods, settings.kind).judge(open_sides(work, pool)[TRAIN], settings, seed)
    counts = {source: sum(reasons.values()) for source, reasons in removal.dropped.counts.items()}
    by_source = ", ".join(f"{source} {rows:,}" for source, rows in sorted(counts.items(), key=lambda item: -item[1]))
    ui.log(f"{work.subject}: {settings.kind} drops {removal.dropped.rows:,} rows ({by_source or 'none'})")
    return drop_rows(work, pool, removal)


@stage_task("select")
def select_rows(
    work: Workbench, pool: Manifest[PoolFacts], settings: SelectionSettings, seed: int
) -> Product[PoolFacts]:
    """Keep the rows that are like the target's; the hold-out stays as it is."""
    removal, notes = select(open_sides(work, pool)[TRAIN], settings, seed)
    for note in notes:
        ui.log(f"{work.subject}: {note}", warn=True)
    table = [{"source": name} | figures for name, figures in removal.dropped.by_source.items()]
    ui.show_table(f"selected-{work.subject}", table, f"Rows like those of {settings.target}")
    return drop_rows(work, pool, removal)
