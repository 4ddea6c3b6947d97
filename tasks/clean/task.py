"""Prefect tasks of the cleaning stage. The work is in filter.py."""

from tasks.clean.filter import Sieve, clean_file
from tasks.clean.settings import SourceCleaning
from tasks.core import ui
from tasks.core.layout import Layout
from tasks.core.suggest import counted
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.rows import CleanedFacts, SnapshotFacts
from tasks.rows.keys import CONFLICTS
from tasks.rows.layout import described, layout_of
from tasks.store.products import Workbench, stage_task


@stage_task("clean")
def clean_source(work: Workbench, snapshot: Manifest[SnapshotFacts], settings: SourceCleaning) -> Product[CleanedFacts]:
    """Normalise a source's texts and drop the rows that no model should see."""
    layout = layout_of(snapshot)
    with work.writing("data.parquet") as path, work.writing("keys.parquet") as keys:
        files = (work.open(snapshot, "data.parquet"), path, keys)
        done = clean_file(snapshot.account(work.subject), files, settings, layout)
    account = done.account
    ui.log(f"{work.subject}: {account.rows:,} of {account.read:,} rows stay; dropped: {counted(account.dropped)}")
    if done.label_conflicts:
        ui.log(f"{work.subject}: {done.label_conflicts:,} {CONFLICTS}", warn=True)
    facts = CleanedFacts(layout=layout, media=snapshot.facts.media)
    return Product(
        rows=account.rows, tokens=account.tokens, columns=described(layout), accounts=(account,), facts=facts
    )


def sieve_for(settings: SourceCleaning, layout: Layout, *, repeated: bool) -> Sieve:
    """Make ready to clean rows that are only looked at; no task, since nothing is made.

    Args:
        repeated: whether repetitions are dropped, which rows with media are not known by here.
    """
    return Sieve(settings, layout, repeated=repeated)
