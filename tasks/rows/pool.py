"""The pool of cleaned rows, a file to train on and one kept aside for each source: open it, take rows out of it, close
the books.
"""

import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from tasks.manifests.manifest import Account, Manifest, Product
from tasks.rows.groups import copy_rows, counted

if TYPE_CHECKING:
    from tasks.store.products import Workbench


def sides(work: "Workbench", pool: Manifest) -> tuple[dict[str, Path], dict[str, Path]]:
    """Open the files to train on and those kept aside."""
    names = [account.source for account in pool.accounts]
    train, holdout = (
        {name: work.open(pool, f"{side}/{name}.parquet") for name in names} for side in ("train", "holdout")
    )
    return train, holdout


def without(work: "Workbench", pool: Manifest, dropped: pl.DataFrame, facts: Mapping[str, Any]) -> Product:
    """Write what is left of the pool; the hold-out stays as it is.

    Args:
        dropped: `source`, `row` (number in the source's training file) and `reason` of the rows that go.
        facts: what to say beside the pool's own facts.
    """
    accounts = []
    for (name, train), holdout in zip(sides(work, pool)[0].items(), sides(work, pool)[1].values(), strict=True):
        gone = dropped.filter(pl.col("source") == name)
        with work.writing(f"train/{name}.parquet") as path, work.writing(f"holdout/{name}.parquet") as aside:
            remove(train, gone["row"], path)
            accounts.append(closed(pool.account(name), gone, path))
            shutil.copyfile(holdout, aside)
    rows, tokens = (sum(getattr(account, count) for account in accounts) for count in ("rows", "tokens"))
    return Product(
        rows=rows, tokens=tokens, columns=pool.columns, accounts=tuple(accounts), facts=pool.facts | dict(facts)
    )


def remove(file: Path, rows: pl.Series, out: Path) -> None:
    """Write a Parquet file without some of its rows, a piece at a time.

    Args:
        rows: numbers of the rows that go.
    """
    stays = np.ones(pl.scan_parquet(file).select(pl.len()).collect().item(), np.bool_)
    stays[rows.to_numpy()] = False
    copy_rows({file: {out: pl.Series(stays)}})


def closed(before: Account, dropped: pl.DataFrame, left: Path) -> Account:
    """Give the account of a source after rows were removed.

    Args:
        dropped: the rows that went, each with its `reason`.
        left: the file of those that stay.
    """
    reasons = Counter(before.dropped) + Counter(dict(dropped["reason"].value_counts().iter_rows()))
    told = counted(left)
    return Account.model_validate(before.model_dump() | told | {"dropped": dict(sorted(reasons.items()))})
