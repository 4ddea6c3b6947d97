"""Prefect task of the near-duplicate stage. The work is in thin.py and engine.py."""

import shutil

from tasks import ui
from tasks.caching import Workbench, stage_task
from tasks.nearby.settings import NearSettings
from tasks.nearby.thin import thin
from tasks.records import Manifest, Product


@stage_task("nearby")
def thin_pool(work: Workbench, subject: str, pool: Manifest, settings: NearSettings, seed: int) -> Product:
    """Drop training rows that nearly repeat another one or a hold-out row."""
    sides = {
        side: {account.source: work.open(pool, f"{side}/{account.source}.parquet") for account in pool.accounts} for side in ("train", "holdout")
    }
    (scratch := work.scratch / "near").mkdir(exist_ok=True)
    kept, accounts, facts = thin(sides["train"], sides["holdout"], pool.accounts, settings, scratch, seed)
    for source, frame in kept.items():
        with work.writing(f"train/{source}.parquet") as path, work.writing(f"holdout/{source}.parquet") as aside:
            frame.write_parquet(path, compression="zstd", compression_level=1)
            shutil.copyfile(sides["holdout"][source], aside)
    ui.log(f"{subject}: {facts['dropped']:,} of {facts['rows']:,} rows are near duplicates (Jaccard >= {settings.threshold:g})")
    rows, tokens = (sum(getattr(account, name) for account in accounts) for name in ("rows", "tokens"))
    return Product(rows=rows, tokens=tokens, columns=pool.columns, accounts=accounts, facts=pool.facts | {"near": facts})
