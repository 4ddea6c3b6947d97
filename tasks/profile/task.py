"""Prefect tasks of the profile stage. The work is in figures.py and drift.py."""

from tasks.core import ui
from tasks.manifests.manifest import Manifest, Product
from tasks.profile.drift import drift
from tasks.profile.figures import profile
from tasks.profile.tables import headline, rows_of
from tasks.rows.files import TRAIN, open_mix, open_pool
from tasks.rows.layout import layout_of
from tasks.store.products import Workbench, stage_task

DRIFT = "How far each source has moved from its snapshot in the last finished run that mixed another one"
NO_EARLIER = {"rows": "no previous snapshot"}


@stage_task("profile")
def profile_mix(work: Workbench, snapshots: list[Manifest], pool: Manifest, mix: Manifest, seed: int) -> Product:
    """Measure quality and diversity of the sources, before and after cleaning, and of the mix; show them in the UI."""
    raw = {one.subject: work.open(one, "data.parquet") for one in snapshots}
    sources = open_pool(work, pool, TRAIN)
    shards = open_mix(work, mix, TRAIN)
    facts = profile(raw, sources, shards, pool.accounts, seed, layout_of(pool))
    ui.show_table(f"profile-{work.subject}", rows_of(facts), headline(facts))
    return Product(rows=mix.rows, facts=facts)


@stage_task("drift")
def measure_drift(work: Workbench, snapshots: list[Manifest], earlier: dict[str, Manifest], seed: int) -> Product:
    """Measure how far each source has moved from the snapshot before; sources without one have no figures."""
    facts = {
        one.subject: drift(work.open(one, "data.parquet"), work.open(before, "data.parquet"), seed, layout_of(one))
        for one in snapshots
        if (before := earlier.get(one.subject)) and layout_of(before).names == layout_of(one).names
    }
    ui.show_table(
        f"drift-{work.subject}",
        [{"source": one.subject} | facts.get(one.subject, NO_EARLIER) for one in snapshots],
        DRIFT,
    )
    return Product(facts=facts)
