"""Prefect tasks of deduplication. The work is in exact.py, near.py and semantic.py."""

import contextlib
from pathlib import Path

from tasks.core import ui
from tasks.deduplicate.exact import deduplicate
from tasks.deduplicate.near import Vectors, near_duplicates, semantic_duplicates
from tasks.deduplicate.refuse import refuse
from tasks.deduplicate.settings import HoldoutSettings
from tasks.manifests.embeddings import EmbeddingFacts
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.pool import PoolFacts
from tasks.manifests.rows import CleanedFacts
from tasks.rows.emptied import refuse_all_empty
from tasks.rows.files import pool_file
from tasks.rows.keys import CONFLICTS
from tasks.rows.layout import copy_rows, described, layout_of
from tasks.rows.pool import drop_rows, labelled_first, open_sides, pooled_facts
from tasks.similarity.settings import NearSettings
from tasks.store.products import Workbench, stage_task


@stage_task("deduplicate")
def deduplicate_sources(
    work: Workbench, snapshots: list[Manifest[CleanedFacts]], holdout: HoldoutSettings, seed: int
) -> Product[PoolFacts]:
    """Carve hold-out and validation rows, and keep one copy of each text across the sources."""
    ordered, unlabelled = labelled_first(snapshots)
    files = {one.subject: (work.open(one, "data.parquet"), work.open(one, "keys.parquet")) for one in ordered}
    layout, accounts = layout_of(ordered[0]), [snapshot.accounts[0] for snapshot in ordered]
    refuse_all_empty(accounts, (step for snapshot in snapshots for step in snapshot.facts.dropped))
    shares = holdout.shares_of({account.source: account.rows for account in accounts}, unlabelled)
    pool = deduplicate(list(files.values()), accounts, shares, seed, layout)
    refuse(pool, holdout.share)
    with contextlib.ExitStack() as stack:
        kept = [
            {stack.enter_context(work.writing(pool_file(side, name))): of[name] for side, of in pool.sides.items()}
            for name in files
        ]
        copy_rows(dict(zip((rows for rows, _ in files.values()), kept, strict=True)), layout)
    if pool.label_conflicts:
        ui.log(f"{work.subject}: {pool.label_conflicts:,} {CONFLICTS}", warn=True)
    rows, tokens = (sum(getattr(account, name) for account in pool.accounts) for name in ("rows", "tokens"))
    closed = tuple(next(one for one in pool.accounts if one.source == snapshot.subject) for snapshot in snapshots)
    facts = pooled_facts(ordered, pool.dropped)
    return Product(rows=rows, tokens=tokens, columns=described(layout), accounts=closed, facts=facts)


@stage_task("nearby")
def drop_near_duplicates(
    work: Workbench, pool: Manifest[PoolFacts], settings: NearSettings, seed: int
) -> Product[PoolFacts]:
    """Drop training rows that nearly repeat another one or a row kept aside."""
    removal = near_duplicates(open_sides(work, pool), settings, _scratch(work), seed)
    told = removal.dropped
    counts = f"{told.rows:,} of {told.figures['rows compared']:,} rows"
    ui.log(f"{work.subject}: {counts} are near duplicates (Jaccard >= {settings.threshold:g})")
    return drop_rows(work, pool, removal)


@stage_task("semantic")
def drop_semantic_duplicates(
    work: Workbench, pool: Manifest[PoolFacts], embedded: list[Manifest[EmbeddingFacts]], threshold: float, seed: int
) -> Product[PoolFacts]:
    """Drop training rows that mean the same as another one or as a row kept aside."""
    vectors = {one.subject: Vectors(work.open(one, "vectors.npy"), work.open(one, "rows.parquet")) for one in embedded}
    removal = semantic_duplicates(open_sides(work, pool), vectors, threshold, _scratch(work), seed)
    told = removal.dropped
    counts = f"{told.rows:,} of {told.figures['rows compared']:,} rows"
    ui.log(f"{work.subject}: {counts} are semantic duplicates (cosine >= {threshold:g})")
    return drop_rows(work, pool, removal)


def _scratch(work: Workbench) -> Path:
    (folder := work.scratch / "near").mkdir(exist_ok=True)
    return folder
