"""Prefect task of decontamination. The work is in contamination.py."""

from tasks.core import ui
from tasks.decontaminate.contamination import find_contamination, refuse_empty
from tasks.decontaminate.settings import OverlapSettings
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.pool import PoolFacts
from tasks.manifests.rows import CleanedFacts
from tasks.rows.layout import RowFile, layout_of
from tasks.rows.pool import drop_rows, open_sides
from tasks.store.products import Workbench, stage_task


@stage_task("decontaminate")
def decontaminate_pool(
    work: Workbench,
    pool: Manifest[PoolFacts],
    benchmarks: list[Manifest[CleanedFacts]],
    settings: OverlapSettings,
    seed: int,
) -> Product[PoolFacts]:
    """Drop training rows that repeat a row of the hold-out or of a benchmark."""
    files = {one.subject: RowFile(work.open(one, "data.parquet"), layout_of(one)) for one in benchmarks}
    refuse_empty([one.account(one.subject) for one in benchmarks])
    (scratch := work.scratch / "near").mkdir(exist_ok=True)
    removal = find_contamination(open_sides(work, pool), files, settings, scratch, seed)
    matched = ", ".join(
        f"{source}: {name} {rows:,}"
        for source, counts in removal.dropped.by_source.items()
        for name, rows in counts.items()
    )
    ui.log(
        f"{work.subject}: {removal.dropped.rows:,} training rows repeat a benchmark or the hold-out "
        f"({matched or 'none'})"
    )
    return drop_rows(work, pool, removal)
