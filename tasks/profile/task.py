"""Prefect task of the profile stage. The work is in figures.py."""

from tasks import ui
from tasks.caching import Workbench, stage_task
from tasks.profile.figures import profile
from tasks.profile.tables import headline, rows_of
from tasks.records import Manifest, Product


@stage_task("profile")
def profile_mix(work: Workbench, subject: str, pool: Manifest, mix: Manifest, seed: int) -> Product:
    """Measure quality and diversity of the sources and of the mix; show them in the UI."""
    sources = {account.source: work.open(pool, f"train/{account.source}.parquet") for account in pool.accounts}
    shards = [work.open(mix, file.name) for file in mix.files if file.name.startswith("data/train-")]
    facts = profile(sources, shards, pool.accounts, seed)
    ui.show_table(f"profile-{subject}", rows_of(facts), headline(facts))
    return Product(rows=mix.rows, facts=facts)
