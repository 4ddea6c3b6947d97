"""Prefect task of the selection of rows. The work is in select.py."""

import shutil

from tasks.core import ui
from tasks.manifests.manifest import Account, Manifest, Product
from tasks.relevance.select import Selection, choose, closed
from tasks.relevance.settings import SelectSettings
from tasks.store.products import Workbench, stage_task


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
