"""Prefect tasks of the near-duplicate stage. The work is in contamination.py, thin.py and remove.py."""

import shutil
from pathlib import Path

import polars as pl

from tasks import ui
from tasks.caching import Workbench, stage_task
from tasks.nearby.contamination import contaminated
from tasks.nearby.remove import closed, remove
from tasks.nearby.settings import NearSettings, OverlapSettings
from tasks.nearby.thin import Vectors, thin, thin_by_meaning
from tasks.records import Manifest, Product


@stage_task("decontaminate")
def decontaminate_pool(work: Workbench, subject: str, pool: Manifest, benchmarks: list[Manifest], settings: OverlapSettings, seed: int) -> Product:
    """Drop training rows that repeat a row of the hold-out or of a benchmark."""
    train, holdout = _sides(work, pool)
    files = {benchmark.subject: work.open(benchmark, "data.parquet") for benchmark in benchmarks}
    found = contaminated(train, holdout, files, settings, _scratch(work), seed)
    told = ", ".join(f"{source}: {name} {rows:,}" for source, counts in found.facts["matched"].items() for name, rows in counts.items())
    ui.log(f"{subject}: {found.facts['dropped']:,} training rows repeat a benchmark or the hold-out ({told or 'none'})")
    return _without(work, pool, found.dropped, {"contamination": found.facts})


@stage_task("nearby")
def thin_pool(work: Workbench, subject: str, pool: Manifest, settings: NearSettings, seed: int) -> Product:
    """Drop training rows that nearly repeat another one or a hold-out row."""
    found = thin(*_sides(work, pool), settings, _scratch(work), seed)
    counts = f"{found.facts['dropped']:,} of {found.facts['rows']:,} rows"
    ui.log(f"{subject}: {counts} are near duplicates (Jaccard >= {settings.threshold:g})")
    return _without(work, pool, found.dropped, {"near": found.facts})


@stage_task("semantic")
def compare_meanings(work: Workbench, subject: str, pool: Manifest, embedded: list[Manifest], threshold: float, seed: int) -> Product:
    """Drop training rows that mean the same as another one or as a hold-out row."""
    vectors = {one.subject: Vectors(work.open(one, "vectors.npy"), work.open(one, "rows.parquet")) for one in embedded}
    found = thin_by_meaning(*_sides(work, pool), vectors, threshold, _scratch(work), seed)
    ui.log(f"{subject}: {found.facts['dropped']:,} of {found.facts['rows']:,} rows are semantic duplicates (cosine >= {threshold:g})")
    return _without(work, pool, found.dropped, {"semantic": found.facts})


def _sides(work: Workbench, pool: Manifest) -> tuple[dict[str, Path], dict[str, Path]]:
    """Open the files to train on and those kept aside."""
    names = [account.source for account in pool.accounts]
    train, holdout = ({name: work.open(pool, f"{side}/{name}.parquet") for name in names} for side in ("train", "holdout"))
    return train, holdout


def _scratch(work: Workbench) -> Path:
    (folder := work.scratch / "near").mkdir(exist_ok=True)
    return folder


def _without(work: Workbench, pool: Manifest, dropped: pl.DataFrame, facts: dict[str, object]) -> Product:
    """Write what is left of the pool; the hold-out stays as it is."""
    accounts = []
    for (name, train), holdout in zip(_sides(work, pool)[0].items(), _sides(work, pool)[1].values(), strict=True):
        gone = dropped.filter(pl.col("source") == name)
        with work.writing(f"train/{name}.parquet") as path, work.writing(f"holdout/{name}.parquet") as aside:
            remove(train, gone["row"], path)
            accounts.append(closed(pool.account(name), gone, path))
            shutil.copyfile(holdout, aside)
    rows, tokens = (sum(getattr(account, count) for account in accounts) for count in ("rows", "tokens"))
    return Product(rows=rows, tokens=tokens, columns=pool.columns, accounts=tuple(accounts), facts=pool.facts | facts)
