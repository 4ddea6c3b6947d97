"""Prefect tasks of the cleaning stage. The work is in filter.py and deduplicate.py."""

import polars as pl

from tasks import ui
from tasks.caching import Workbench, stage_task
from tasks.clean.deduplicate import deduplicate, refuse
from tasks.clean.filter import COLUMNS, clean_file
from tasks.clean.settings import CleanSettings, HoldoutSettings
from tasks.records import Manifest, Product

SHAPE = dict.fromkeys(COLUMNS, "text") | {"tokens": "uint32"}


@stage_task("clean")
def clean_source(work: Workbench, subject: str, snapshot: Manifest, settings: CleanSettings) -> Product:
    """Normalise a source's texts and drop the rows that no model should see."""
    with work.writing("data.parquet") as path:
        account = clean_file(subject, snapshot.account(subject), work.open(snapshot, "data.parquet"), path, settings)
    ui.log(f"{subject}: {account.rows:,} of {account.read:,} rows stay; dropped {account.dropped}")
    return Product(rows=account.rows, tokens=account.tokens, columns=SHAPE, accounts=(account,), facts={"licence": snapshot.facts["licence"]})


@stage_task("deduplicate")
def deduplicate_sources(work: Workbench, subject: str, snapshots: list[Manifest], holdout: HoldoutSettings, seed: int) -> Product:  # noqa: ARG001
    """Carve the hold-out, and keep one copy of each text across the sources."""
    frames = [pl.read_parquet(work.open(snapshot, "data.parquet")) for snapshot in snapshots]
    pool = deduplicate(frames, [snapshot.accounts[0] for snapshot in snapshots], holdout.share, seed)
    refuse(pool, holdout.share)
    for side, parts in {"train": pool.train, "holdout": pool.holdout}.items():
        for source, frame in parts.items():
            with work.writing(f"{side}/{source}.parquet") as path:
                frame.write_parquet(path, compression="zstd", compression_level=1)
    if pool.conflicts:
        ui.log(f"{pool.conflicts:,} texts stand in several sources with different labels; the first source's label counts", warn=True)
    rows, tokens = (sum(getattr(account, name) for account in pool.accounts) for name in ("rows", "tokens"))
    licences = {snapshot.subject: snapshot.facts["licence"] for snapshot in snapshots}
    facts = {"label_conflicts": pool.conflicts, "licences": licences}
    return Product(rows=rows, tokens=tokens, columns=SHAPE, accounts=pool.accounts, facts=facts)
