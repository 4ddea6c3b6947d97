"""Prefect tasks of the profile stage. The work is in figures.py and drift.py."""

from tasks.core import ui
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.pool import MixFacts, PoolFacts
from tasks.manifests.profile import DriftFacts, ProfileFacts
from tasks.manifests.rows import SnapshotFacts
from tasks.profile.drift import drift
from tasks.profile.figures import profile
from tasks.profile.tables import headline, rows_of
from tasks.rows.files import TRAIN, open_mix, open_pool
from tasks.rows.layout import layout_of
from tasks.store.products import Workbench, stage_task

DRIFT = "How far each source has moved from its snapshot in the last finished run that mixed another one"
NO_EARLIER = {"rows": "no previous snapshot"}


@stage_task("profile")
def profile_mix(
    work: Workbench,
    snapshots: list[Manifest[SnapshotFacts]],
    pool: Manifest[PoolFacts],
    mix: Manifest[MixFacts],
    seed: int,
) -> Product[ProfileFacts]:
    """Measure quality and diversity of the sources, before and after cleaning, and of the mix; show them in the UI."""
    raw = {snapshot.subject: work.open(snapshot, "data.parquet") for snapshot in snapshots}
    sources = open_pool(work, pool, TRAIN)
    shards = open_mix(work, mix, TRAIN)
    facts = profile(raw, sources, shards, pool.accounts, seed, layout_of(pool))
    ui.show_table(f"profile-{work.subject}", rows_of(facts), headline(facts))
    return Product(rows=mix.rows, facts=facts)


@stage_task("drift")
def measure_drift(
    work: Workbench, snapshots: list[Manifest[SnapshotFacts]], earlier: dict[str, Manifest[SnapshotFacts]], seed: int
) -> Product[DriftFacts]:
    """Measure how far each source has moved from the snapshot before; sources without one have no figures."""
    moved = {
        now.subject: drift(work.open(now, "data.parquet"), work.open(before, "data.parquet"), seed, layout_of(now))
        for now in snapshots
        if (before := earlier.get(now.subject)) and layout_of(before).names == layout_of(now).names
    }
    figures = {source: measured.model_dump() for source, measured in moved.items()}
    rows = [{"source": now.subject} | figures.get(now.subject, NO_EARLIER) for now in snapshots]
    ui.show_table(f"drift-{work.subject}", rows, DRIFT)
    return Product(facts=DriftFacts(sources=moved))
