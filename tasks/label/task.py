"""The Prefect task of labelling. The work is in pool.py, rows.py and teacher.py."""

import polars as pl

from tasks.core import ui
from tasks.core.layout import Layout
from tasks.experiments.trial.settings import LinearSettings
from tasks.ingest.settings import SourceLabelling
from tasks.label.pool import label_pool
from tasks.label.teacher import AskedModel
from tasks.manifests.labelled import AnswersFacts
from tasks.manifests.manifest import Manifest, Product
from tasks.manifests.pool import PoolFacts
from tasks.rows.emptied import refuse_all_empty
from tasks.rows.pool import open_sides
from tasks.store.products import Workbench, stage_task


@stage_task("label")
def label_rows(
    work: Workbench,
    pool: Manifest[PoolFacts],
    wanted: dict[str, SourceLabelling],
    layout: Layout,
    learning: LinearSettings,
    seed: int,
    answers: list[Manifest[AnswersFacts]],
) -> Product[PoolFacts]:
    """Label the training rows of the sources that have no labels, some by what published models say of them; what is
    kept aside stays as it is.
    """
    asked = {
        said.subject: AskedModel(pl.read_parquet(work.open(said, "answers.parquet")), said.facts.teacher)
        for said in answers
    }
    done = label_pool(pool, open_sides(work, pool), work.writing, wanted, asked, layout, learning, seed)
    for note in done.notes:
        ui.log(f"{work.subject}: {note}")
    for warning in done.warnings:
        ui.log(f"{work.subject}: {warning}", warn=True)
    refuse_all_empty(done.accounts, done.facts.dropped)
    rows, tokens = (sum(getattr(account, count) for account in done.accounts) for count in ("rows", "tokens"))
    return Product(rows=rows, tokens=tokens, columns=pool.columns, accounts=done.accounts, facts=done.facts)
