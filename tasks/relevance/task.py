"""Prefect tasks of the relevance stage. The work is in train.py, appraise.py and select.py."""

import shutil

from tasks.core import ui
from tasks.core.records import Section
from tasks.manifests.manifest import Account, Manifest, Product
from tasks.models.linear import load, save
from tasks.relevance.appraise import Known, appraise
from tasks.relevance.select import Selection, choose, closed
from tasks.relevance.settings import SelectSettings
from tasks.relevance.train import train_probe
from tasks.store.products import Workbench, stage_task


@stage_task("probe")
def learn_source(work: Workbench, subject: str, pool: Manifest, labels: tuple[str, ...], seed: int) -> Product:
    """Train a cheap classifier on one source alone."""
    head, facts = train_probe(subject, work.open(pool, f"train/{subject}.parquet"), labels, seed)
    with work.writing("head.npz") as path:
        save(head, path)
    ui.log(f"{subject}: a probe on {facts['rows']:,} rows, accuracy {facts['accuracy']:.3f} by cross-validation")
    return Product(rows=facts["rows"], facts=facts)


@stage_task("appraise")
def appraise_sources(
    work: Workbench,
    subject: str,
    pool: Manifest,
    checks: list[Manifest],
    heads: list[Manifest],
    weights: Section,
    labels: tuple[str, ...],
    seed: int,
) -> Product:
    """Work out what the weights ask of the sources."""
    files = {account.source: work.open(pool, f"train/{account.source}.parquet") for account in pool.accounts}
    rates = {check.subject: float(check.facts["pass_rate"]) for check in checks}
    known = Known(
        pool.accounts, rates, {head.subject: load(work.open(head, "head.npz")) for head in heads}, labels, seed
    )
    asked = weights.model_dump(mode="json")
    terms, notes = appraise(files, known, asked)
    for note in notes:
        ui.log(f"{subject}: {note}", warn=True)
    return Product(facts={"asked": asked, "terms": terms, "notes": notes})


@stage_task("select")
def select_rows(work: Workbench, subject: str, pool: Manifest, settings: SelectSettings, seed: int) -> Product:
    """Keep the rows that are like the target's; the hold-out stays as it is."""
    files = {account.source: work.open(pool, f"train/{account.source}.parquet") for account in pool.accounts}
    chosen = choose(files, settings, seed)
    for note in chosen.notes:
        ui.log(f"{subject}: {note}", warn=True)
    ui.show_table(f"selected-{subject}", chosen.table(), f"Rows like those of {settings.target}")
    accounts = _written(work, pool, chosen)
    rows, tokens = (sum(getattr(account, count) for account in accounts) for count in ("rows", "tokens"))
    return Product(
        rows=rows,
        tokens=tokens,
        columns=pool.columns,
        accounts=accounts,
        facts=pool.facts | {"selection": chosen.facts},
    )


def _written(work: Workbench, pool: Manifest, chosen: Selection) -> tuple[Account, ...]:
    """Write what stays of the pool; gives its accounts."""
    accounts: list[Account] = []
    for account in pool.accounts:
        train, holdout = (work.open(pool, f"{side}/{account.source}.parquet") for side in ("train", "holdout"))
        with (
            work.writing(f"train/{account.source}.parquet") as path,
            work.writing(f"holdout/{account.source}.parquet") as aside,
        ):
            chosen.write(account.source, train, path)
            accounts.append(closed(account, path))
            shutil.copyfile(holdout, aside)
    return tuple(accounts)
