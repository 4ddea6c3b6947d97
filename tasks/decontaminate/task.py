"""Prefect task of decontamination. The work is in contamination.py."""

from tasks.core import ui
from tasks.decontaminate.contamination import find_contamination, refuse_empty
from tasks.decontaminate.settings import OverlapSettings
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.pool import PoolFacts
from tasks.manifests.rows import CleanedFacts
from tasks.rows.files import TRAIN, VALIDATION
from tasks.rows.layout import RowFile, layout_of
from tasks.rows.pool import drop_rows, open_sides
from tasks.rows.reading import Sides
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
    refuse_empty([one.account(one.subject) for one in benchmarks], "decontaminate.against")
    return _cleared(work, pool, open_sides(work, pool), benchmarks, settings, seed)


@stage_task("decontaminate")
def clear_of_sets(
    work: Workbench,
    pool: Manifest[PoolFacts],
    sets: list[Manifest[CleanedFacts]],
    settings: OverlapSettings,
    seed: int,
) -> Product[PoolFacts]:
    """Drop training rows that repeat a row of an evaluation set, and validation rows, by which the weights are chosen
    that are scored on it; of the hold-out, only what other steps do counts.
    """
    refuse_empty([one.account(one.subject) for one in sets], "evaluate.sets")
    sides = open_sides(work, pool)
    return _cleared(work, pool, {TRAIN: sides[TRAIN]}, sets, settings, seed, sides.get(VALIDATION))


def _cleared(
    work: Workbench,
    pool: Manifest[PoolFacts],
    sides: Sides,
    named: list[Manifest[CleanedFacts]],
    settings: OverlapSettings,
    seed: int,
    validation: dict[str, RowFile] | None = None,
) -> Product[PoolFacts]:
    files = {one.subject: RowFile(work.open(one, "data.parquet"), layout_of(one)) for one in named}
    (scratch := work.scratch / "near").mkdir(exist_ok=True)
    removal = find_contamination(sides, files, settings, scratch, seed)
    matched = removal.dropped.by_source.items()
    told = ", ".join(f"{source}: {name} {rows:,}" for source, of in matched for name, rows in of.items())
    ui.log(f"{work.subject}: {removal.dropped.rows:,} training rows repeat what is measured on ({told or 'none'})")
    chosen_by = find_contamination({TRAIN: validation}, files, settings, scratch, seed) if validation else None
    return drop_rows(work, pool, removal.with_validation(chosen_by), chosen_by.rows if chosen_by else None)
