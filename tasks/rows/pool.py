"""The pool of cleaned rows, a file of each source for each of its sides: open it, drop rows of it."""

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tasks.manifests.dropped import Dropped
from tasks.manifests.manifest import Account, Manifest, Product
from tasks.manifests.pool import PoolFacts
from tasks.manifests.rows import CleanedFacts
from tasks.rows.dropping import Removal, dropped_by_sources
from tasks.rows.emptied import refuse_all_empty
from tasks.rows.files import TRAIN, VALIDATION, pool_file, sides_of
from tasks.rows.groups import counted
from tasks.rows.layout import RowFile, copy_rows, layout_of

if TYPE_CHECKING:
    from tasks.store.products import Workbench


def pooled_facts(sources: Sequence[Manifest[CleanedFacts]], dropped: Dropped) -> PoolFacts:
    """Put together what the pool says of itself.

    Args:
        sources: what its rows come from.
        dropped: rows of one source that repeat those of another.
    """
    steps = (step for source in sources for step in source.facts.dropped)
    before = dropped_by_sources([source.accounts[0] for source in sources], steps)
    media = {source.subject: source.facts.media for source in sources if source.facts.media}
    return PoolFacts(layout=layout_of(sources[0]), media=media, dropped=(*before, dropped))


def labelled_first(sources: Sequence[Manifest[CleanedFacts]]) -> tuple[list[Manifest[CleanedFacts]], set[str]]:
    """Put the sources with labels before those whose rows are labelled later, and name these: of equal rows the first
    one stays, and nothing is measured on labels that the run has made.
    """
    labelled = any(layout_of(source).labels for source in sources)
    later = {source.subject for source in sources if labelled and not layout_of(source).labels}
    return sorted(sources, key=lambda source: source.subject in later), later


def open_sides(work: "Workbench", pool: Manifest[PoolFacts]) -> dict[str, dict[str, RowFile]]:
    """Open the files of a pool: side -> source -> file, the side to train on first."""
    return {
        side: {
            account.source: RowFile(work.open(pool, pool_file(side, account.source)), layout_of(pool))
            for account in pool.accounts
        }
        for side in sides_of(pool)
    }


def train_rows(work: "Workbench", pool: Manifest[PoolFacts]) -> dict[str, RowFile]:
    """Open the files that are trained on, by source."""
    return open_sides(work, pool)[TRAIN]


def drop_rows(
    work: "Workbench", pool: Manifest[PoolFacts], removal: Removal, validation: pl.DataFrame | None = None
) -> Product[PoolFacts]:
    """Write what is left of the pool; of the sides that are kept aside the hold-out stays as it is.

    Args:
        validation: rows that go from the validation rows, as those of `removal`, which counts them too.
    """
    gone = {TRAIN: removal.rows} | ({} if validation is None else {VALIDATION: validation})
    accounts = {account.source: account for account in pool.accounts}
    for side, files in open_sides(work, pool).items():
        for source, file in files.items():
            with work.writing(pool_file(side, source)) as path:
                if side in gone:
                    removed = gone[side].filter(pl.col("source") == source)
                    _copy_without(file, removed["row"], path)
                    accounts[source] = account_after(accounts[source], Counter(removed["reason"].to_list()), path, side)
                else:
                    shutil.copyfile(file.path, path)
    facts = pool.facts.model_copy(update={"dropped": (*pool.facts.dropped, removal.dropped)})
    closed = tuple(accounts.values())
    refuse_all_empty(closed, facts.dropped)
    rows, tokens = (sum(getattr(account, count) for account in closed) for count in ("rows", "tokens"))
    return Product(rows=rows, tokens=tokens, columns=pool.columns, accounts=closed, facts=facts)


def _copy_without(file: RowFile, rows: pl.Series, out: Path) -> None:
    """Write a Parquet file without some of its rows, given by their numbers, a piece at a time."""
    if rows.is_empty():
        shutil.copyfile(file.path, out)
        return
    stays = np.ones(file.rows, np.bool_)
    stays[rows.to_numpy()] = False
    copy_rows({file.path: {out: pl.Series(stays)}}, file.layout)


def account_after(before: Account, reasons: Counter[str], left: Path, side: str = TRAIN) -> Account:
    """Give the account of a source after so many rows of a side were dropped for these reasons and those in `left`
    stay.
    """
    dropped, stay = Counter(before.dropped) + reasons, counted(left)
    if side != TRAIN:
        stay = {side: stay["rows"], f"{side}_tokens": stay["tokens"]}
    return Account.model_validate(before.model_dump() | stay | {"dropped": dict(sorted(dropped.items()))})
