"""The Prefect task of the personal-data stage. The work is in redact.py, scan.py and the detectors."""

from tasks.core import ui
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.rows import CleanedFacts
from tasks.personal.redact import in_words, protect_file
from tasks.personal.settings import SourceProtection
from tasks.rows.layout import layout_of
from tasks.store.products import Workbench, stage_task


@stage_task("personal")
def protect_source(work: Workbench, rows: Manifest[CleanedFacts], settings: SourceProtection) -> Product[CleanedFacts]:
    """Redact, drop or count the rows of a source that hold personal data."""
    files = (work.open(rows, "data.parquet"), work.open(rows, "keys.parquet"))
    with work.writing("data.parquet") as path, work.writing("keys.parquet") as keys:
        done = protect_file(rows.account(work.subject), files, (path, keys), settings, layout_of(rows))
    account = done.account
    ui.log(
        f"{work.subject}: {done.rows:,} rows hold personal data ({in_words(done.pieces)}); action: {settings.action}; "
        f"{account.rows:,} rows stay"
    )
    facts = rows.facts.model_copy(update={"dropped": (done.dropped,)})
    return Product(rows=account.rows, tokens=account.tokens, columns=rows.columns, accounts=(account,), facts=facts)
