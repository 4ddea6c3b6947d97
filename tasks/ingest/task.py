"""Prefect tasks of the ingest stage. The work is in probe.py and read.py."""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks import ui
from tasks.caching import RETRIES, Workbench, stage_task
from tasks.ingest.earlier import probed
from tasks.ingest.preview import preview
from tasks.ingest.probe import fingerprint
from tasks.ingest.read import read_source, refuse
from tasks.ingest.settings import SourceSettings
from tasks.ingest.write import media_beside
from tasks.records import Fingerprint, Product


@task(name="probe-source", task_run_name="probe-{subject}", cache_policy=NO_CACHE, **RETRIES)
def probe_source(subject: str, settings: SourceSettings, base: str) -> Fingerprint:
    """See what a source holds now."""
    return fingerprint(subject, settings, base)


def preview_source(subject: str, settings: SourceSettings, base: str, labels: tuple[str, ...]) -> dict[str, Any]:
    """See how a source reads, from its first records; no task, since nothing is made."""
    return preview(subject, settings, base, labels)


@stage_task("ingest")
def ingest_source(work: Workbench, subject: str, seen: Fingerprint, settings: SourceSettings, labels: tuple[str, ...], base: str) -> Product:
    """Read a source and bring it to the one schema; bad rows go to quarantine."""
    known = probed(seen, work.earlier("seen"), work.open)
    with work.writing("data.parquet") as rows, work.writing("quarantine.parquet") as quarantine:
        outcome = read_source(subject, settings, base, labels, rows, quarantine, known)
        if settings.media:
            work.take(media_beside(rows), "media.arrow")
    refuse(subject, settings, outcome, work.store.where(f"{work.path}/quarantine.parquet"))
    work.leave(outcome.note)
    ui.log(f"{subject}: {outcome.how}")
    ui.show_table(f"files-{subject}", outcome.shown(), f"{subject}: {outcome.how}")
    facts = {"columns": list(outcome.columns), "reasons": outcome.reasons, "licence": settings.licence}
    facts |= {"media": settings.media} if settings.media else {}
    return Product(rows=outcome.account.rows, accounts=(outcome.account,), facts=facts, how=outcome.how)
