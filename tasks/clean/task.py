"""Prefect tasks of the cleaning stage. The work is in filter.py and deduplicate.py."""

import contextlib
from typing import Any

from tasks import ui
from tasks.caching import Workbench, stage_task
from tasks.clean.deduplicate import deduplicate
from tasks.clean.filter import COLUMNS, clean_file
from tasks.clean.refuse import counted, refuse
from tasks.clean.settings import HoldoutSettings, SourceCleaning
from tasks.groups import copy_rows
from tasks.records import Manifest, Product

SHAPE = dict.fromkeys(COLUMNS, "text") | {"tokens": "uint32"}
CONFLICTS = "texts stand there with different labels; the first one's label counts"


@stage_task("clean")
def clean_source(work: Workbench, subject: str, snapshot: Manifest, settings: SourceCleaning) -> Product:
    """Normalise a source's texts and drop the rows that no model should see."""
    with work.writing("data.parquet") as path, work.writing("keys.parquet") as keys:
        done = clean_file(snapshot.account(subject), work.open(snapshot, "data.parquet"), path, keys, settings)
    account = done.account
    ui.log(f"{subject}: {account.rows:,} of {account.read:,} rows stay; dropped: {counted(account.dropped)}")
    if done.label_conflicts:
        ui.log(f"{subject}: {done.label_conflicts:,} {CONFLICTS}", warn=True)
    facts = {"licence": snapshot.facts["licence"], "label_conflicts": done.label_conflicts}
    facts |= {"media": snapshot.facts["media"]} if "media" in snapshot.facts else {}
    return Product(rows=account.rows, tokens=account.tokens, columns=SHAPE, accounts=(account,), facts=facts)


@stage_task("deduplicate")
def deduplicate_sources(work: Workbench, subject: str, snapshots: list[Manifest], holdout: HoldoutSettings, seed: int) -> Product:
    """Carve the hold-out, and keep one copy of each text across the sources."""
    files = {one.subject: (work.open(one, "data.parquet"), work.open(one, "keys.parquet")) for one in snapshots}
    pool = deduplicate(list(files.values()), [snapshot.accounts[0] for snapshot in snapshots], [holdout.of(name) for name in files], seed)
    refuse(pool, holdout.share)
    with contextlib.ExitStack() as stack:
        kept = [{stack.enter_context(work.writing(f"{side}/{name}.parquet")): of[name] for side, of in pool.sides.items()} for name in files]
        copy_rows(dict(zip((rows for rows, _ in files.values()), kept, strict=True)))
    if pool.label_conflicts:
        ui.log(f"{subject}: {pool.label_conflicts:,} {CONFLICTS}", warn=True)
    rows, tokens = (sum(getattr(account, name) for account in pool.accounts) for name in ("rows", "tokens"))
    facts = {"label_conflicts": pool.label_conflicts, "licences": _each(snapshots, "licence")}
    facts |= {"media": kinds} if (kinds := _each(snapshots, "media")) else {}
    facts |= {"personal": told} if (told := _each(snapshots, "personal")) else {}
    return Product(rows=rows, tokens=tokens, columns=SHAPE, accounts=pool.accounts, facts=facts)


def _each(snapshots: list[Manifest], fact: str) -> dict[str, Any]:
    """Give a fact of each source that states it."""
    return {snapshot.subject: snapshot.facts[fact] for snapshot in snapshots if fact in snapshot.facts}
