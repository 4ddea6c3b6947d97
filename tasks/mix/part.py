"""Part of a pool, for a mix that learns from some of its sources only."""

import shutil
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl

from tasks.core.layout import Layout
from tasks.manifests.manifest import Account, Manifest
from tasks.manifests.pool import PoolFacts
from tasks.rows.files import TRAIN, pool_file
from tasks.rows.layout import RowFile, writing_rows

NOT_LEARNED = "not_in_stage"
"""Why a row is not learned from: its source keeps rows aside here, and no more."""


def part(
    pools: Sequence[Manifest[PoolFacts]],
    sides: Sequence[dict[str, dict[str, RowFile]]],
    writing: Callable[[str], AbstractContextManager[Path]],
    sources: Sequence[str],
    learned: Collection[str],
    layout: Layout,
) -> tuple[tuple[Account, ...], PoolFacts]:
    """Write the part of some pools; gives its accounts and facts.

    Args:
        sides: files of each pool.
        writing: gives a path to write a file of the part to, by its name.
        sources: those of the part, in order; each is in one of the pools.
        learned: those whose rows may be learned from. Of the others only what is kept aside is there.
        layout: of the part's rows.
    """
    accounts: list[Account] = []
    for source in sources:
        pool, files = next(
            (pool, files)
            for pool, files in zip(pools, sides, strict=True)
            if any(account.source == source for account in pool.accounts)
        )
        for side, by_source in files.items():
            with writing(pool_file(side, source)) as path:
                if side == TRAIN and source not in learned:
                    _write_none(by_source[source], path)
                else:
                    shutil.copyfile(by_source[source].path, path)
        account = pool.account(source)
        accounts.append(account if source in learned else _set_aside(account))
    media = {source: kind for pool in pools for source, kind in pool.facts.media.items() if source in sources}
    return tuple(accounts), pools[0].facts.model_copy(update={"layout": layout, "media": media})


def _write_none(file: RowFile, path: Path) -> None:
    with writing_rows(path, pl.read_parquet_schema(file.path), file.layout):
        pass


def _set_aside(account: Account) -> Account:
    dropped = {**account.dropped, **({NOT_LEARNED: account.rows} if account.rows else {})}
    return account.model_copy(update={"rows": 0, "tokens": 0, "dropped": dict(sorted(dropped.items()))})
