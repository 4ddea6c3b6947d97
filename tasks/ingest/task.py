"""Prefect tasks of the ingest stage. The work is in probe.py and read.py."""

from tasks.core import ui
from tasks.core.errors import Unreachable
from tasks.core.layout import Layout
from tasks.core.tasks import task
from tasks.ingest.earlier import probed
from tasks.ingest.preview import Cleans, Preview, preview
from tasks.ingest.probe import fingerprint
from tasks.ingest.read import read_source, refuse
from tasks.ingest.settings import SOURCES, SourceSettings
from tasks.ingest.write import media_beside
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.rows import SnapshotFacts
from tasks.manifests.seen import Fingerprint
from tasks.store.products import Workbench, newest, stage_task
from tasks.store.storage import open_store


@task()
def probe_source(source: str, settings: SourceSettings, base: str) -> Fingerprint:
    """See what a source holds now."""
    return fingerprint(source, settings, base)


def preview_source(
    subject: str, settings: SourceSettings, base: str, layout: Layout, clean: Cleans, section: str = SOURCES
) -> Preview:
    """See how a source reads and what cleaning leaves of it, from its first records; no task, since nothing is made."""
    return preview(subject, settings, base, layout, clean, section)


@stage_task("ingest")
def ingest_source(
    work: Workbench,
    seen: Fingerprint,
    settings: SourceSettings,
    layout: Layout,
    base: str,
    section: str = SOURCES,
) -> Product[SnapshotFacts]:
    """Read a source and bring it to the task's layout; bad rows go to quarantine.

    Args:
        section: of the recipe that names the source, for messages.
    """
    probe = probed(seen, work.earlier("seen", SnapshotFacts), work.open)
    with work.writing("data.parquet") as rows, work.writing("quarantine.parquet") as quarantine:
        outcome = read_source(work.subject, settings, base, layout, rows, quarantine, probe, section)
        if settings.media:
            work.take(media_beside(rows), "media.arrow")
    where = work.store.where(f"{work.path}/quarantine.parquet") if work.store.behind is None else None
    refuse(work.subject, settings, layout, outcome, where, section)
    work.leave(outcome.note.model_dump(mode="json"))
    ui.log(f"{work.subject}: {outcome.how}")
    ui.show_table(f"files-{work.subject}", outcome.shown(), f"{work.subject}: {outcome.how}")
    facts = SnapshotFacts(layout=layout, media=settings.media)
    return Product(rows=outcome.account.rows, accounts=(outcome.account,), facts=facts, how=outcome.how)


def last_snapshot(
    store: str, subject: str, settings: SourceSettings, layout: Layout, base: str
) -> tuple[Manifest[SnapshotFacts], str]:
    """Find the snapshot made last of a source with these settings, and when it was made; no task, since nothing is
    made.

    Raises:
        Unreachable: the store holds none.
    """
    parts = ingest_source.of(subject).parts(Fingerprint(source=subject, files=()), settings, layout, base)
    snapshot = newest(open_store(store), "ingest", parts, "seen", SnapshotFacts)
    if snapshot is None:
        remedy = "run the recipe once while it can be reached, or leave it out with `on_failure: skip`"
        raise Unreachable(
            f"`on_failure: last` finds no earlier snapshot of {subject!r} with the same settings in "
            f"{open_store(store).uri}; {remedy}"
        )
    return snapshot.made, snapshot.when
